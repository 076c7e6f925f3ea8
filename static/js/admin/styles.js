// Lets the theme's scripts set styles: an attribute is inline style, which our policy refuses; its rules one by one are not.
{
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (String(name).toLowerCase() === "style" && this.style) this.style.cssText = value;
    else setAttribute.call(this, name, value);
  };
}
