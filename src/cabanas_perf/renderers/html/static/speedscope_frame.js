"use strict";
{
  // The frame is sandboxed and so has no storage of its own; speedscope expects one.
  const memory = {};
  Object.defineProperty(window, "localStorage", { value: memory });

  // It would compile a reader of Java recordings at once, which the page's policy forbids and nothing here needs.
  WebAssembly.instantiate = () => new Promise(() => {});

  const profile = document.getElementById("data").textContent;
  // With this in the address speedscope adds a script tag for a local file, which then calls back with the profile.
  // Nothing may be loaded here, so the tag is kept out and the call is made in its place.
  location.hash = "localProfilePath=profile";
  const append = document.head.appendChild.bind(document.head);
  document.head.appendChild = (node) => {
    if (node.tagName !== "SCRIPT") return append(node);
    setTimeout(() => window.speedscope.loadFileFromBase64("profile.speedscope.json", btoa(profile)));
    return node;
  };
}
