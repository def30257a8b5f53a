/** The only fonts in pictures, as module paths. */
export const FONT_FILES: readonly string[] = ['400Regular', '400Regular_Italic', '700Bold', '900Black'].map(
  (cut) => `@expo-google-fonts/noto-sans/${cut}/NotoSans_${cut}.ttf`,
);
