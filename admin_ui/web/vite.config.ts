import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The console's own policy for scripts forbids inline code and other hosts: nothing may be inlined or preloaded by script.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: "manifest.json",
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8081" } },
});
