"""The studio's own errors. Knows nothing of the rest; everything else may raise these.

Each message is one plain sentence or two for the person at the page: what came, what was expected, what to do.
"""


class StudioError(Exception):
    """Anything that went wrong in a way a user can understand and act on."""


class MidiError(StudioError):
    """A file could not be used as MIDI."""


class NotationError(StudioError):
    """Text or a file could not be read as notation, or music cannot be written as one."""


class ListeningError(StudioError):
    """No melody could be heard in a recording, or nothing is installed to hear one with."""


class SeedError(StudioError):
    """A score cannot serve as a seed for the chosen model."""


class SettingError(StudioError):
    """A setting is outside what the chosen model honours."""


class CheckpointError(StudioError):
    """A checkpoint folder is missing, incomplete or does not fit its own description."""


class SoundError(StudioError):
    """No sound can be made: no synthesizer, or no usable SoundFont."""


class DataError(StudioError):
    """A corpus or a prepared data folder cannot be used."""


class StoreError(StudioError):
    """Work cannot be kept or found again, or a project file cannot be used."""


class ProvenanceError(StudioError):
    """A file's origin cannot be signed, or a file cannot be checked for it."""


class TasteError(StudioError):
    """What a listener likes cannot be learned."""
