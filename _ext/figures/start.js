(folder, name) => {
  const button = document.currentScript.previousElementSibling, head = document.head;
  const load = (tag, attributes) => head.append(Object.assign(document.createElement(tag), attributes));
  button.hidden = false;
  button.onclick = () => {
    button.disabled = true;
    if (!document.getElementById("movable")) {
      load("link", { rel: "stylesheet", href: folder + "/figures.css", id: "movable" });
      load("script", { src: folder + "/figure.js", async: false });
    }
    load("script", { src: `${folder}/${name}.js`, async: false });
  };
}
