namespace Steward.Engines.Inference;

/// <summary>Who waits for an answer.</summary>
public enum InferenceLane
{
    /// <summary>Somebody waits: goes first.</summary>
    Interactive,

    /// <summary>Nobody waits: fills what is left, and is never starved.</summary>
    Background,
}
