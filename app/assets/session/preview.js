// A report inside of the page, in a frame that may do nothing: no scripts, no forms, nothing of this page.

export default function ({ parentElement, data }) {
  const paper = parentElement.querySelector(".paper");
  if (paper.srcdoc !== data.html) paper.srcdoc = data.html;
}
