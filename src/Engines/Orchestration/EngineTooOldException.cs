namespace Steward.Engines.Orchestration;

/// <summary>A newer version of the program began the run, by rules that this one does not know. The run is left as it is, for a server that knows them.</summary>
/// <param name="revision">The revision that the run was begun with.</param>
public sealed class EngineTooOldException(int revision)
    : Exception($"The run was begun by revision {revision} of the engine; this program has {RunEngine.Revision} and leaves it to a newer one.")
{
    /// <summary>The revision that the run was begun with.</summary>
    public int Revision { get; } = revision;
}
