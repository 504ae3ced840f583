export const reportTexts = { title: "Reports" };
