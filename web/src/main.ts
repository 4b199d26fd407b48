import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import { install } from "./install";
import { followKeyboard } from "./screen";
import { bootOfPage, session } from "./session.svelte";
import { begin } from "./start";
import { chooseLanguage, language } from "./words/language.svelte";

chooseLanguage(language());
const boot = bootOfPage();
if (boot === "kept") session.isKept = true;
else if (boot !== null) begin(boot);
mount(App, { target: document.body });
followKeyboard();
install();
