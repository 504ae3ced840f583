export const welcomeTexts = { title: "Welcome" };
