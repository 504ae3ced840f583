export const keyTexts = { title: "Keys" };
