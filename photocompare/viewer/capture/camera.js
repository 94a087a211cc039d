// The live camera: what is on screen and what happens on it.  Words and thresholds come with the data.

const GHOST_SIDE = 1280; // long side at which the before photo is drawn; the stage is hardly ever wider
const BUBBLE_PER_DEGREE = 3; // of the level's drawing, in which the ring has a radius of 15: it is left at 5 degrees
const REST = 3; // rest between two looks, in units of what a look took
const NEARLY_SQUARE = 0.05; // logarithm of the sides' ratio: such a picture has no orientation
const EDGES_SIDE = 720; // long side at which its edges are sought, so that skin texture makes none

class LiveCamera {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.section = this.find(".camera");
    this.video = this.find("video");
    this.ghost = this.find(".ghost");
    this.scratch = document.createElement("canvas");
    this.lines = {};
    this.wire();
  }

  wire() {
    const on = (selector, event, act) => this.find(selector).addEventListener(event, act);
    on(".start", "click", () => this.start());
    on(".stop", "click", () => { this.stop(); this.show("idle"); this.find(".start").focus(); });
    on(".shutter", "click", () => this.take());
    on(".again", "click", () => this.again());
    on(".level-ask", "click", () => this.askForLevel());
    on(".opacity", "input", () => this.drawOpacity());
    on(".edges", "change", () => this.drawGhost());
    on(".device", "change", (event) => this.start(event.target.value));
    for (const button of this.root.querySelectorAll(".use")) button.addEventListener("click", () => this.use(button.dataset.which));
    this.video.addEventListener("resize", () => this.shape());
    this.tilted = (event) => this.readLevel(event);
  }

  // New data with every rerun of the page.
  async update(data, send) {
    this.send = send;
    const head = unpack(data);
    this.texts = head.texts;
    this.options = head.options;
    this.label();
    // a page that still stands after a shot was sent has refused it and says why
    this.show(this.section.dataset.state === "sending" ? "shot" : this.section.dataset.state);
    this.section.hidden = false; // now that every button has its name
    if (head.before !== this.ghostName) await this.takeGhost(head.before, head.blobs.before);
  }

  label() {
    for (const element of this.root.querySelectorAll("[data-text]")) element.textContent = this.texts[element.dataset.text];
    this.section.setAttribute("aria-label", this.texts.label);
    this.video.setAttribute("aria-label", this.texts.live_picture);
    this.find(".shot").alt = this.texts.shot_picture;
    this.drawOpacity();
  }

  // --- the before photo over the live picture

  async takeGhost(name, photo) {
    this.ghostName = name;
    this.ghostPicture?.close();
    this.ghostPicture = null;
    try {
      if (name) this.ghostPicture = await createImageBitmap(photo);
    } catch {
      this.ghostPicture = null; // a picture that the browser can't show lies over nothing; the camera still works
    }
    const ghost = this.ghostPicture;
    this.ghostSeen = null;
    this.ghostSide = ghost ? Math.min(this.options.focus_side_px, Math.max(ghost.width, ghost.height)) : NaN;
    if (ghost) this.ghostSeen = this.lookAt(ghost, ghost.width, ghost.height);
    this.section.dataset.ghost = this.ghostPicture ? "there" : "none";
    this.drawGhost();
  }

  drawGhost() {
    this.ghost.hidden = !this.ghostPicture;
    if (!this.ghostPicture) return;
    const { width, height } = this.ghostPicture, edges = this.find(".edges").checked;
    const factor = Math.min(1, (edges ? EDGES_SIDE : GHOST_SIDE) / Math.max(width, height));
    this.ghost.width = Math.round(width * factor);
    this.ghost.height = Math.round(height * factor);
    const context = this.ghost.getContext("2d");
    context.drawImage(this.ghostPicture, 0, 0, this.ghost.width, this.ghost.height);
    if (edges) context.putImageData(sobelEdges(context.getImageData(0, 0, this.ghost.width, this.ghost.height)), 0, 0);
    this.ghost.dataset.edges = String(edges);
    this.drawOpacity();
  }

  drawOpacity() {
    const share = Number(this.find(".opacity").value);
    // edges are thin: by the root they can be seen at the strength that suits a whole photo
    this.ghost.style.opacity = String(this.find(".edges").checked ? Math.sqrt(share / 100) : share / 100);
    this.find(".opacity-value").textContent = `${share} %`;
  }

  // --- starting, stopping, states

  show(state, notice) {
    const { dataset } = this.section;
    dataset.state = state;
    if (notice) this.notice = notice;
    const said = { idle: "idle", starting: "starting", failed: this.notice, sending: "sending" }[state];
    this.find(".notice-text").textContent = said ? this.texts[said] : "";
    this.find(".start").textContent = this.texts[state === "failed" ? "start_again" : "start"];
    this.find(".shot").hidden = !["shot", "sending"].includes(state);
    for (const button of this.root.querySelectorAll(".use, .again")) button.disabled = state === "sending";
  }

  // Which of the two photos is likely to be taken.
  next() {
    return this.ghostPicture ? "after" : "before";
  }

  async start(deviceId) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.stop();
    this.show("starting");
    this.startLevel();
    try {
      const stream = await openCamera(deviceId);
      if (turn !== this.turn || this.gone) { stopTracks(stream); return; }
      this.stream = stream;
      this.track().addEventListener("ended", () => { if (this.stream === stream) this.fail("failed_lost"); });
      this.video.srcObject = stream;
      await this.video.play();
      this.shape();
      await this.listDevices();
      this.show("live");
      this.section.scrollIntoView({ block: "nearest" });
      this.find(".shutter").focus({ preventScroll: true });
      this.look();
    } catch (error) {
      if (turn === this.turn && !this.gone) this.fail(cameraTrouble(error));
    }
  }

  fail(notice) {
    this.stop();
    this.show("failed", notice);
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.levelTimer);
    window.removeEventListener("deviceorientation", this.tilted);
    if (this.stream) stopTracks(this.stream);
    this.stream = null;
    this.lying = null;
    this.video.srcObject = null;
    this.find(".level").toggleAttribute("hidden", true);
    for (const name of ["focus", "light", "framing", "level"]) this.say(name, "", "", true);
  }

  leave() {
    this.gone = true;
    this.stop();
    if (this.shotUrl) URL.revokeObjectURL(this.shotUrl);
    this.ghostPicture?.close();
  }

  track() {
    return this.stream.getVideoTracks()[0];
  }

  shape() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth) this.section.style.setProperty("--aspect", String(videoWidth / videoHeight));
  }

  async listDevices() {
    const devices = await camerasThere(), select = this.find(".device"), current = this.track().getSettings().deviceId;
    select.replaceChildren(...devices.map((device, index) => {
      const option = new Option(device.label || this.texts.device_number.replace("{n}", index + 1), device.deviceId);
      option.selected = device.deviceId === current;
      return option;
    }));
    this.find(".device-label").hidden = devices.length < 2;
  }

  // --- the lines: focus, light, framing, level

  // A line changes when it was asked for several times in a row and has stood for a while.
  say(name, mark, key, atOnce = false) {
    const line = (this.lines[name] ??= { key: "", asked: "", times: 0, since: 0 });
    line.times = key === line.asked ? line.times + 1 : 1;
    line.asked = key;
    const settled = line.times >= this.options.settle_checks && performance.now() - line.since >= this.options.line_ms;
    if (key === line.key || !(atOnce || settled || !line.key)) return;
    line.key = key;
    line.since = performance.now();
    const item = this.find(`[data-line="${name}"]`);
    item.dataset.mark = mark;
    item.querySelector(".says").textContent = key ? this.texts[key] : "";
  }

  lookAt(source, width, height) {
    const { look_side_px, focus_side_px, edge_share, least_skin, white } = this.options;
    const small = pixelsOf(this.scratch, source, width, height, look_side_px), mask = skinMask(small);
    const blurAt = (side) => blurSigma(pixelsOf(this.scratch, source, width, height, side, true), edge_share);
    const blur = blurAt(focus_side_px);
    return {
      aspect: width / height,
      place: skinPlace(mask, small.width, small.height),
      light: exposure(small, mask, least_skin, white),
      blur,
      blurLikeGhost: this.ghostSide < focus_side_px ? blurAt(this.ghostSide) : blur, // two pictures are as sharp only at one scale
      focusWidth: (width * focus_side_px) / Math.max(width, height),
    };
  }

  look() {
    clearTimeout(this.timer);
    if (this.section.dataset.state !== "live") return;
    const { videoWidth, videoHeight } = this.video, began = performance.now();
    if (videoWidth && !document.hidden) {
      const seen = this.lookAt(this.video, videoWidth, videoHeight);
      for (const [name, [mark, key]] of Object.entries(this.judge(seen))) this.say(name, mark, key);
      if (this.lying) this.drawLevel(this.lying);
    }
    // a slow device looks less often, so that the picture keeps moving
    this.timer = setTimeout(() => this.look(), Math.max(this.options.interval_ms, REST * (performance.now() - began)));
  }

  judge(seen) {
    const found = { focus: this.judgeFocus(seen), light: this.judgeLight(seen), framing: this.judgeFraming(seen) };
    return this.lying ? { ...found, level: this.judgeLevel(this.lying) } : found;
  }

  judgeFocus({ blur, blurLikeGhost, place, focusWidth }) {
    if (Number.isNaN(blur)) return ["attend", "focus_nothing"];
    if (blur > sharpEnough(place.limb, focusWidth, this.options)) return ["attend", "focus_blurred"];
    const softer = this.ghostSeen && blurLikeGhost > Math.max(this.options.softer * this.ghostSeen.blurLikeGhost, this.options.sharp_px);
    return softer ? ["attend", "focus_softer"] : ["good", "focus_good"];
  }

  judgeLight({ light }) {
    if (light.clipped > this.options.some_glare) return ["attend", "light_clipped"];
    return light.red < this.options.least_red ? ["attend", "light_dark"] : ["good", "light_good"];
  }

  judgeFraming({ place, aspect }) {
    const { least_skin, small_skin } = this.options, wanted = this.ghostSeen;
    const upright = (shape) => (Math.abs(Math.log(shape)) < NEARLY_SQUARE ? 0 : Math.sign(Math.log(shape)));
    if (wanted && upright(wanted.aspect) * upright(aspect) < 0) return ["attend", "framing_turn"];
    if (place.share < least_skin) return ["attend", "framing_none"];
    if (wanted && wanted.place.share >= least_skin) {
      const key = framing(place.box, onStage(wanted.place.box, wanted.aspect, aspect), this.options);
      return [key === "framing_good" ? "good" : "attend", key];
    }
    if (wanted) return ["off", "framing_by_eye"];
    return place.share < small_skin ? ["attend", "framing_small"] : ["good", "framing_seen"];
  }

  startLevel() {
    const event = window.DeviceOrientationEvent;
    const ask = typeof event?.requestPermission === "function";
    if (ask) return this.askForLevel();
    return event ? this.listenToLevel() : this.say("level", "off", "level_none", true);
  }

  // Safari wants a tap for it; the tap that starts the camera counts, and the button is there for when it did not.
  async askForLevel() {
    let answer = "denied";
    try {
      answer = await window.DeviceOrientationEvent.requestPermission();
    } catch {
      answer = "denied"; // it throws where no tap led here
    }
    this.find(".level-ask").hidden = answer === "granted";
    if (answer === "granted") this.listenToLevel();
    else this.say("level", "off", "level_denied", true);
  }

  listenToLevel() {
    window.addEventListener("deviceorientation", this.tilted);
    clearTimeout(this.levelTimer);
    this.levelTimer = setTimeout(() => this.say("level", "off", "level_none", true), this.options.sensor_wait_ms);
  }

  readLevel({ beta, gamma }) {
    if (beta === null || gamma === null) return;
    clearTimeout(this.levelTimer);
    this.lying = tilt(beta, gamma, screen.orientation?.angle ?? 0);
    this.drawLevel(this.lying);
  }

  judgeLevel({ roll, pitch }) {
    const { roll_deg, pitch_deg } = this.options;
    if (this.looksDown(pitch)) return 90 - Math.abs(pitch) > pitch_deg ? ["attend", "level_not_down"] : ["good", "level_down"];
    if (Math.abs(roll) > roll_deg) return ["attend", roll > 0 ? "level_turn_left" : "level_turn_right"];
    if (Math.abs(pitch) > pitch_deg) return ["attend", pitch > 0 ? "level_raise" : "level_lower"];
    return ["good", "level_good"];
  }

  looksDown(pitch) {
    return Math.abs(pitch) > this.options.down_deg;
  }

  drawLevel({ roll, pitch }) {
    const level = this.find(".level"), down = this.looksDown(pitch);
    level.toggleAttribute("hidden", this.section.dataset.state !== "live");
    for (const part of level.querySelectorAll(".turning")) part.setAttribute("transform", `rotate(${(down ? 0 : -roll).toFixed(1)})`);
    level.querySelector(".bubble").setAttribute("cy", String(Math.max(-60, Math.min(60, (down ? 90 - Math.abs(pitch) : pitch) * BUBBLE_PER_DEGREE))));
  }

  // --- the shot

  async take() {
    if (this.section.dataset.state !== "live") return;
    this.section.dataset.state = "taking";
    this.takenAt = new Date().toISOString();
    try {
      this.shot = await takeShot(this.video, this.track(), this.options);
      if (this.gone) return;
      if (this.shotUrl) URL.revokeObjectURL(this.shotUrl);
      this.shotUrl = URL.createObjectURL(this.shot);
      this.find(".shot").src = this.shotUrl;
      this.find(".level").toggleAttribute("hidden", true);
      await this.judgeShot();
      if (this.gone) return;
      this.show("shot");
      this.root.querySelector(".actions .primary:not(.shutter)").focus({ preventScroll: true });
    } catch (error) {
      this.fail(cameraTrouble(error));
    }
  }

  async judgeShot() {
    const picture = await createImageBitmap(this.shot);
    const seen = this.lookAt(picture, picture.width, picture.height);
    picture.close();
    const found = [this.judgeFocus(seen), this.judgeLight(seen)].filter(([mark]) => mark === "attend").map(([, key]) => this.texts[key]);
    this.find(".verdict").textContent = found.length ? `${found.join(" ")} ${this.texts.verdict_again}` : this.texts.verdict_good;
    this.find(".verdict").dataset.mark = found.length ? "attend" : "good";
    this.find(".again").classList.toggle("primary", found.length > 0);
    for (const button of this.root.querySelectorAll(".use")) button.classList.toggle("primary", !found.length && button.dataset.which === this.next());
  }

  again() {
    this.shot = null;
    this.find(".verdict").textContent = "";
    if (!this.stream) { this.start(); return; }
    this.show("live");
    this.find(".shutter").focus({ preventScroll: true });
    this.look();
  }

  async use(which) {
    this.show("sending");
    this.send("shot", { which, jpeg: await base64Of(this.shot), taken_at: this.takenAt });
  }
}

function stopTracks(stream) {
  for (const track of stream.getTracks()) track.stop();
}

const cameras = new WeakMap(); // by the element that the page gives; it stays the same over reruns

export default function ({ parentElement, data, setTriggerValue }) {
  if (!cameras.has(parentElement)) cameras.set(parentElement, new LiveCamera(parentElement));
  const camera = cameras.get(parentElement);
  camera.update(data, setTriggerValue);
  return () => { camera.leave(); cameras.delete(parentElement); };
}
