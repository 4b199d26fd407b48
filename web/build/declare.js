// @ts-check
import { writeDeclarations } from "./words.js";

writeDeclarations();
