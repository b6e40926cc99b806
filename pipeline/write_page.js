"use strict";
(() => {
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  const units = [...document.querySelectorAll("details.unit")];
  const reveal = () => {
    const inside = location.hash.startsWith("#u-") && document.getElementById(location.hash.slice(1));
    if (inside) {
      inside.parentElement.open = true;
      inside.parentElement.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  const tools = document.querySelector(".tools");
  if (!tools || units.length < 2) return;
  const words = units.map((unit) => plain(unit.firstElementChild.textContent));
  const find = document.getElementById("find");
  const chosen = document.getElementById("chosen");
  const count = document.getElementById("count");
  const filter = () => {
    const asked = plain(find.value).split(/\s+/).filter(Boolean);
    let left = 0;
    units.forEach((unit, i) => {
      const state = !chosen.value || unit.dataset.state === chosen.value;
      unit.hidden = !(state && asked.every((word) => words[i].includes(word)));
      left += unit.hidden ? 0 : 1;
    });
    document.querySelectorAll(".group").forEach((group) => {
      group.hidden = !group.querySelector("details.unit:not([hidden])");
    });
    count.textContent = `${left}/${units.length}`;
  };
  const all = (open) => () => units.forEach((unit) => unit.hidden || (unit.open = open));
  document.getElementById("open").addEventListener("click", all(true));
  document.getElementById("close").addEventListener("click", all(false));
  find.addEventListener("input", filter);
  chosen.addEventListener("change", filter);
  tools.hidden = false;
  filter();
})();
