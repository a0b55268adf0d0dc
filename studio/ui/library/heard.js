// Tells the library where a piece can be heard that was asked for: props.value = JSON text of {id, url, turn}.

watch("value", () => {
  if (props.value) document.dispatchEvent(new CustomEvent("studio-heard", { detail: JSON.parse(props.value) }));
});
element.dataset.ready = "true";
