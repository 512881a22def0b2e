using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Tries a rule set on past requests and says what would differ from another one. Keeps nothing.</summary>
public static class RuleReplay
{
    /// <summary>The most differences that are told one by one.</summary>
    public const int MaxDifferences = 100;

    /// <summary>Tries both rule sets on each request, as of the time at which it was made, with today's directory.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory was needed and could not be asked.</exception>
    public static async Task<RuleReplayResult> RunAsync(RuleSet before, RuleSet after, IAsyncEnumerable<ApprovalRequest> requests, IDirectory directory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        ArgumentNullException.ThrowIfNull(requests);
        var known = new RememberingDirectory(directory);
        var (tried, different) = (0, 0);
        var differences = new List<ReplayedDifference>();
        var matches = new Dictionary<string, int>(StringComparer.Ordinal);
        await foreach (var request in requests.WithCancellation(cancellationToken))
        {
            tried++;
            var was = await before.DecideAsync(request, known, request.RequestedAt, cancellationToken);
            var would = await after.DecideAsync(request, known, request.RequestedAt, cancellationToken);
            matches[would.Rule ?? ""] = matches.GetValueOrDefault(would.Rule ?? "") + 1;
            if (ChainComparer.AreEqual(was.Chain, would.Chain))
            {
                continue;
            }

            different++;
            if (differences.Count < MaxDifferences)
            {
                differences.Add(new ReplayedDifference(request, was, would));
            }
        }

        return new RuleReplayResult(tried, different, differences, matches);
    }
}

/// <summary>What would differ.</summary>
/// <param name="Tried">How many requests were tried.</param>
/// <param name="Different">How many would take another chain.</param>
/// <param name="Differences">The first of them.</param>
/// <param name="Matches">How many requests each rule would match; the empty name is for those that none would.</param>
public sealed record RuleReplayResult(int Tried, int Different, IReadOnlyList<ReplayedDifference> Differences, IReadOnlyDictionary<string, int> Matches);

/// <summary>A request that would take another chain.</summary>
/// <param name="Request">The request.</param>
/// <param name="Before">What the one rule set says.</param>
/// <param name="After">What the other says.</param>
public sealed record ReplayedDifference(ApprovalRequest Request, RuleVerdict Before, RuleVerdict After);
