"""Analyse many films on many processors, by Ray, into one data set."""
