import { actTexts } from "./acts";
import { auditTexts } from "./audit";
import { correctionTexts } from "./corrections";
import { dashboardTexts } from "./dashboard";
import { dataTexts } from "./data";
import { generalTexts } from "./general";
import { keyTexts } from "./keys";
import { playgroundTexts } from "./playground";
import { policyTexts } from "./policies";
import { reportTexts } from "./reports";
import { settingsTexts } from "./settings";
import { welcomeTexts } from "./welcome";

/** Every English sentence of the console, by area; a translation is another object of this shape. */
export const texts = {
  ...generalTexts,
  welcome: welcomeTexts,
  dashboard: dashboardTexts,
  playground: playgroundTexts,
  policies: policyTexts,
  keys: keyTexts,
  corrections: correctionTexts,
  audit: auditTexts,
  acts: actTexts,
  data: dataTexts,
  reports: reportTexts,
  settings: settingsTexts,
};
