namespace Steward.Engines.Models.Degradation;

/// <summary>The steps of the ladder, from top to bottom.</summary>
public enum DegradationStep
{
    /// <summary>Everything as configured.</summary>
    Full,

    /// <summary>The small model, and short answers.</summary>
    Reduced,

    /// <summary>No model is asked: what caches and playbooks know.</summary>
    Cached,

    /// <summary>No model is asked, and callers should keep what they want for later.</summary>
    Queue,
}

/// <summary>The names of the steps, as calls, settings and headers carry them.</summary>
internal static class DegradationSteps
{
    private static readonly string[] Names = ["full", "reduced", "cached", "queue"];

    public static string Name(this DegradationStep step) => Names[(int)step];

    public static DegradationStep? Parse(string? name) => Array.IndexOf(Names, name) is var at and >= 0 ? (DegradationStep)at : null;
}

/// <summary>What the ladder goes by.</summary>
/// <param name="Pressure">How full admission is, 0 to 1.</param>
/// <param name="OpenShare">The share of models that are left alone, 0 to 1.</param>
/// <param name="ErrorRate">The share of calls that fail, 0 to 1.</param>
public readonly record struct DegradationSignals(double Pressure, double OpenShare, double ErrorRate);
