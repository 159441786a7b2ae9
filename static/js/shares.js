// Plays the clips that outsiders hear at the same loudness, one at a time.
export default function shares(root) {
  const sounds = [...root.querySelectorAll("audio")];
  for (const sound of sounds) {
    sound.volume = Number(sound.dataset.gain) || 1;
    sound.addEventListener("play", () => {
      for (const other of sounds) if (other !== sound) other.pause();
    });
  }
}
