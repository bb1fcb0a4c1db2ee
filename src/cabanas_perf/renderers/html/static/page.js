"use strict";
{
  // A viewer is a whole page, packed into this one. It is unpacked when it comes near the screen, into a frame that may
  // run its script and nothing else.
  const unpack = async (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };

  const show = async (viewer, key) => {
    const [page, data] = await Promise.all([unpack(viewer.dataset.page), unpack(key)]);
    const frame = document.createElement("iframe");
    frame.title = viewer.dataset.title;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.srcdoc = page.replace("{{data}}", () => data);
    viewer.querySelector(".viewer-stage").replaceChildren(frame);
  };

  const start = (viewer) => {
    const choice = viewer.querySelector("select");
    const first = choice ? choice.value : viewer.dataset.first;
    const failed = () => viewer.classList.add("viewer-failed");
    // Viewers zoom by the wheel: they get it only once they were clicked, so that nobody is caught scrolling past.
    const stage = viewer.querySelector(".viewer-stage");
    stage.addEventListener("click", () => viewer.classList.add("viewer-live"));
    stage.addEventListener("mouseleave", () => viewer.classList.remove("viewer-live"));
    show(viewer, first).catch(failed);
    choice?.addEventListener("change", () => show(viewer, choice.value).catch(failed));
  };

  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        near.unobserve(entry.target);
        start(entry.target);
      }
    },
    { rootMargin: "600px" },
  );
  for (const viewer of document.querySelectorAll(".viewer")) near.observe(viewer);

  // What is folded away on the screen is printed all the same.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
}
