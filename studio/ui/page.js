// The page as a whole: its language, light or dark, a file that is too large, and a server that no longer answers.
// window.studio = {language: the root's, words: {of each language}, chosen: the cookie that keeps the visitor's language,
//                  limit: bytes of an upload, ping: where the server says that it lives}

() => {
  const { chosen, limit, ping } = window.studio;
  const language = window.gradio_config.current_page || window.studio.language;
  const words = window.studio.words[language];
  document.title = words.title;

  // --- another language is another page; what was chosen counts from then on
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-language]");
    if (!button) return;
    const code = button.dataset.language;
    document.cookie = `${chosen}=${code}; path=/; max-age=${365 * 24 * 60 * 60}; SameSite=Strict`;
    location.assign(code === window.studio.language ? "./" : code);
  });

  // --- past the header by keyboard: not by the link's address, which the page's base would lead to another page
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".skip");
    if (!link) return;
    event.preventDefault();
    const target = document.querySelector(link.getAttribute("href"));
    target.tabIndex = -1;
    target.focus();
  });

  // --- what Gradio leaves undone for those who read or type: some names for screen readers it has in English only (of
  // a slider's parts before the name here), and a list of choices that can be scrolled would be a stop that leads nowhere
  const ENGLISH = /^(number input|range slider) for /;
  const mend = () => {
    for (const input of document.querySelectorAll("input[aria-label*=' for ']")) {
      input.ariaLabel = input.ariaLabel.replace(ENGLISH, "");
    }
    for (const field of document.querySelectorAll("[aria-label='Click to upload or drop files']")) {
      field.ariaLabel = words.upload;
    }
    for (const list of document.querySelectorAll("ul[role=listbox]:not([tabindex])")) list.tabIndex = -1;
  };
  const matters = (change) => change.type === "attributes" || [...change.addedNodes].some((node) => node.nodeType === 1);
  new MutationObserver((changes) => changes.some(matters) && mend()).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
  });
  mend();

  // --- light or dark: the visitor's choice is kept, else the system's counts
  const stored = localStorage.getItem("studio-theme");
  if (stored) document.body.classList.toggle("dark", stored === "dark");
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#theme-button")) return;
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem("studio-theme", dark ? "dark" : "light");
  });

  // --- who asks for music is taken to where it will be
  const leads = { ".generate": "#result", ".reuse": "#seed" };
  document.addEventListener("click", (event) => {
    const button = Object.keys(leads).find((selector) => event.target.closest(selector));
    if (!button) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.querySelector(leads[button]).scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  });

  // --- a file over the limit is not sent at all: the sentence stands where it was chosen
  const tooLarge = (event, files) => {
    const inside = event.target.closest && event.target.closest(".music-file");
    if (!inside || !files || ![...files].some((file) => file.size > limit)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const sentence = inside.closest(".choose").querySelector(".upload-problem");
    sentence.textContent = words.too_large;
    sentence.hidden = false;
  };
  const forget = () => {
    for (const sentence of document.querySelectorAll(".upload-problem")) sentence.hidden = true;
  };
  window.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    forget();
    tooLarge(event, event.target.files);
  }, true);
  window.addEventListener("drop", (event) => {
    forget();
    tooLarge(event, event.dataTransfer && event.dataTransfer.files);
  }, true);

  // --- a server that was stopped leaves the page standing: say so
  let missed = 0;
  setInterval(async () => {
    try {
      const answer = await fetch(ping, { cache: "no-store" });
      missed = answer.ok ? 0 : missed + 1;
    } catch {
      missed += 1;
    }
    const gone = document.querySelector("#gone");
    if (gone) gone.hidden = missed < 2;
  }, 4000);
}
