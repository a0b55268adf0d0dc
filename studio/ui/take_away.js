// A file that is handed to the visitor as soon as it is made; its link stays, for browsers that ask before they save.
//
// props.value = {url, orig_name, ...}, or null

const line = element.querySelector(".made");
const link = element.querySelector("a");

watch("value", () => {
  line.hidden = !props.value;
  if (!props.value) return;
  link.textContent = props.value.orig_name;
  link.href = props.value.url;
  link.download = props.value.orig_name;
  link.click();
});
element.dataset.ready = "true";
