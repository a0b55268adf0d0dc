// A file that is handed to the visitor as soon as it is there. props.value = {url, ...}, or null; props.name: its name.

const link = element.querySelector("a");
watch("value", () => {
  if (!props.value) return;
  link.href = props.value.url;
  link.download = props.name;
  link.click();
});
element.dataset.ready = "true";
