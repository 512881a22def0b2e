using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Picks the call that shows that address and credentials are right: a read without arguments, best one about the caller.</summary>
internal static class VerificationGuess
{
    private static readonly string[] Words = ["me", "myself", "whoami", "current", "self", "viewer", "verify", "auth", "test", "ping", "info", "profile", "account", "version", "status", "health"];

    /// <summary>The guess, which is a gap.</summary>
    public static VerificationSpec Of(IReadOnlyList<OperationTemplate> operations, IReadOnlySet<string> excluded, GapReport gaps)
    {
        var reads = operations.Where(operation => operation.Effect == OperationEffect.Read && !excluded.Contains(operation.Id) && !operation.Path.Contains('{', StringComparison.Ordinal)
            && !(operation.Input is { } input && input.TryGetProperty("required", out _))).ToList();
        var best = reads.OrderBy(Rank).ThenBy(operation => operation.Path.Length).ThenBy(operation => operation.Id, StringComparer.Ordinal).FirstOrDefault();
        if (best is null)
        {
            var (needy, arguments) = operations.Where(operation => operation.Effect == OperationEffect.Read && !excluded.Contains(operation.Id))
                .Concat(operations.Where(operation => operation.Effect == OperationEffect.Read))
                .Select(operation => (operation, SampleArguments.Of(operation))).FirstOrDefault(candidate => candidate.Item2 is not null);
            gaps.Add(GapArea.Verification, "No read can be called without arguments, so that nothing can show that address and credentials are right.",
                "The arguments in verify are made up to fit the schema: put real ones there before the template is used.", arguments is { } made ? GapReport.Json(made) : null, applied: arguments is not null);
            return new VerificationSpec { Operation = needy?.Id ?? "", Arguments = arguments };
        }

        gaps.Add(GapArea.Verification, "The document does not say which call shows that credentials are right.", "Check that the guess fails without valid credentials, and name where the account stands in its result (verify.identity).", GapReport.Json(best.Id), applied: true);
        return new VerificationSpec { Operation = best.Id };
    }

    private static int Rank(OperationTemplate operation)
    {
        var words = ImportText.Words(operation.Id).Concat(ImportText.Words(operation.Path)).ToHashSet(StringComparer.Ordinal);
        var at = Array.FindIndex(Words, words.Contains);
        return at < 0 ? Words.Length : at;
    }
}
