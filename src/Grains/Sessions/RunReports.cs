using Steward.Runs;

namespace Steward.Sessions;

/// <summary>What a run tells, as it joins the conversation. Pure.</summary>
internal static class RunReports
{
    /// <param name="report">What the run tells.</param>
    /// <param name="rolledBack">Whether its turn was rolled back meanwhile.</param>
    /// <returns>The record, and the id under which it is accepted once.</returns>
    public static (AssistantMessageRecorded Message, string DeduplicationId) ToMessage(RunReport report, bool rolledBack)
    {
        var message = new AssistantMessageRecorded
        {
            RunId = report.RunId,
            State = report.State,
            Text = rolledBack && report.Effects.Count > 0 ? NotUndone(report.Effects) : report.Answer,
            WorkingMemory = rolledBack || report.IsInterim ? null : report.WorkingMemory,
            Attempt = report.Attempt > 1 ? report.Attempt : null,
            Interim = report.IsInterim,

            // What was done to other systems belongs to the conversation, whatever becomes of the turn.
            RolledBack = rolledBack && report.Effects.Count == 0,
        };
        return (message, report.InterimId is { } interim
            ? $"interim:{report.RunId}:{interim}"
            : report.Attempt > 1 ? $"end:{report.RunId}:{report.Attempt}" : $"end:{report.RunId}");
    }

    private static string NotUndone(IReadOnlyList<string> effects) =>
        "The request before was taken back, but this had been done already and was not undone:\n" + string.Join('\n', effects.Select(effect => "- " + effect));
}
