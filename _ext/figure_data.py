"""The book's data that movable figures work on: a function a figure, called as the figure is, with `_` for `-`."""
