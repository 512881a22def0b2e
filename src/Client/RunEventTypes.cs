namespace Steward.Client;

/// <summary>What the client knows of the kinds of events. docs/api/events.md lists them all.</summary>
internal static class RunEventTypes
{
    /// <summary>Whether an event is the last of its run.</summary>
    public static bool EndsRun(string type) => type == "run.ended";
}
