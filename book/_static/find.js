// On the index by symptom: a field that leaves the rows with every word that is typed.
document.addEventListener("DOMContentLoaded", () => {
  const section = document.getElementById("by-symptom");
  if (!section) return;
  const label = document.createElement("label");
  label.className = "find-symptom";
  label.textContent = "Only symptoms or chapters with these words";
  const field = Object.assign(document.createElement("input"), { type: "search" });
  label.append(field);
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  section.querySelector("p").after(label, told);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const part of section.querySelectorAll("section")) {
      let here = 0;
      for (const row of part.querySelectorAll("tbody tr")) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        here += !row.hidden;
      }
      part.hidden = !here;
      left += here;
    }
    told.textContent = words.length ? `${left} ${left === 1 ? "symptom" : "symptoms"}` : "";
  });
});
