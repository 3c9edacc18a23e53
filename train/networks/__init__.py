"""Networks: build, load and ask them."""
