using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>What a person is asked about a plan before it is worked off.</summary>
internal static class PlanReview
{
    private const int MaxEdits = 10;
    private const int MaxSummaryLength = 4_000;

    /// <summary>The request that follows a proposal; the same for every repetition.</summary>
    public static string RequestId(RunContext run, string? scope, int revision) => "d-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        $"{run.Input.TenantId}\n{run.Input.RunId}\nplan_review\n{scope}\n{revision.ToString(CultureInfo.InvariantCulture)}")))[..32];

    /// <summary>Asks about a plan.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="subject">The plan.</param>
    /// <param name="plan">The same, understood.</param>
    /// <param name="faults">What was wrong with the last edit of it; none when there was none.</param>
    /// <param name="edits">How often the plans of this run were edited.</param>
    /// <param name="expiresAt">When nobody needs to answer any more.</param>
    public static DecisionRequested Ask(string requestId, PlanState subject, Plan plan, IReadOnlyList<PlanFault> faults, int edits, DateTimeOffset expiresAt)
    {
        var summary = new StringBuilder("Please review the plan: ").Append(plan.Goal);
        for (var i = 0; i < plan.Steps.Count; i++)
        {
            var step = plan.Steps[i];
            summary.Append(CultureInfo.InvariantCulture, $"\n{i + 1}. {step.Title} ({step.Tool ?? "agent " + step.Agent})");
        }

        return new DecisionRequested
        {
            RequestId = requestId,
            Kind = DecisionKind.PlanReview,
            Summary = summary.Length <= MaxSummaryLength ? summary.ToString() : summary.ToString(0, MaxSummaryLength),
            Reason = faults.Count == 0 ? subject.Reason : "The edited plan was refused: " + string.Join(" ", faults.Select(fault => $"{fault.Path}: {fault.Message}")),
            Subject = subject.Plan,
            SubjectHash = subject.PlanHash,
            Options = edits < MaxEdits ? ["approve", "edit", "reject"] : ["approve", "reject"],
            Deciders = ["requester"],
            ExpiresAt = expiresAt,
        };
    }

    /// <summary>The text of an edited plan.</summary>
    public static string Edited(DecisionMade made) => made.Content is { ValueKind: not JsonValueKind.Undefined } content ? content.GetRawText() : "";
}
