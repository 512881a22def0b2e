using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Mirroring;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Finds what is allowed in a rule set but probably not meant.</summary>
internal static class RuleWarnings
{
    public static IReadOnlyList<RuleWarning> Of(ChainDefinition? otherwise, IReadOnlyList<(ApprovalRule Rule, string At)> read, ChainReader chains, LocatedDocument document)
    {
        var warnings = new List<RuleWarning>();
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        string? always = null;
        foreach (var (rule, at) in read)
        {
            void Warn(string message) => warnings.Add(new RuleWarning(document.LineOf(at + "/when"), rule.Name, message));

            var text = rule.When?.ToString() ?? "true";
            if (always is not null)
            {
                Warn($"no request reaches it: '{always}' comes before it and matches every request.");
            }
            else if (rule.When?.Constant == Truth.False)
            {
                Warn("its condition never holds.");
            }
            else if (seen.TryGetValue(text, out var earlier))
            {
                Warn($"no request reaches it: '{earlier}' comes before it and has the same condition.");
            }

            if (rule.When is null || rule.When.Constant == Truth.True)
            {
                always ??= rule.Name;
            }

            seen.TryAdd(text, rule.Name);
            if (rule.When is { } when && when.Fields.Contains("amount") && !when.Fields.Contains("currency"))
            {
                Warn("it looks at 'amount' in whatever currency; compare 'currency', too.");
            }

            foreach (var message in Of(rule.Then))
            {
                warnings.Add(new RuleWarning(document.LineOf(at + "/then"), rule.Name, message));
            }
        }

        if (otherwise is not null)
        {
            warnings.AddRange(Of(otherwise).Select(message => new RuleWarning(document.LineOf("/default"), null, "the default chain: " + message)));
        }
        else if (always is null)
        {
            warnings.Add(new RuleWarning(1, null, "there is no 'default': where no rule matches, those are asked whom the action policy names, else the tenant's admins."));
        }

        warnings.AddRange(chains.Names.Where(name => !chains.Used.Contains(name)).Select(name =>
            new RuleWarning(document.LineOf($"/chains/{LocatedDocument.Escape(name)}"), null, $"no rule takes the chain '{name}'.")));
        return warnings;
    }

    private static IEnumerable<string> Of(ChainDefinition chain)
    {
        if (chain.Mirror is { Kind: MirrorSettings.ServiceNowApproval } && chain.Levels.FirstOrDefault(level => level.Approvers.All(approver => approver.Kind == ApproverKind.Role)) is { } nobody)
        {
            yield return $"level '{nobody.Name}' asks roles alone: where nobody knows who holds them, nobody is asked in the record that goes along.";
        }

        foreach (var level in chain.Levels)
        {
            if (level.Quorum.Kind is QuorumKind.All or QuorumKind.Percent && level.Approvers.Any(approver => approver.Kind == ApproverKind.Role))
            {
                yield return $"level '{level.Name}' wants {(level.Quorum.Kind == QuorumKind.All ? "all" : "a part")} of the holders of a role; where nobody knows who they are, the first who comes with the role counts.";
            }

            if (level.Quorum.Kind == QuorumKind.Count && level.Approvers.All(approver => approver.Kind is ApproverKind.Email or ApproverKind.User or ApproverKind.ManagerOf) && level.Quorum.Value > level.Approvers.Count)
            {
                yield return $"level '{level.Name}' wants {level.Quorum.Value} approvals but names {level.Approvers.Count}.";
            }

            if (level.Sla is not { } sla)
            {
                continue;
            }

            if (sla.EndsAfter is { } ends)
            {
                if (sla.RemindAfter.Any(reminder => reminder >= ends))
                {
                    yield return $"level '{level.Name}' reminds after it has ended.";
                }

                if (sla.EscalateAfter >= ends)
                {
                    yield return $"level '{level.Name}' escalates after it has ended.";
                }

                if (sla.End == SlaEnd.Approve)
                {
                    yield return $"level '{level.Name}' counts as approved when nobody decides.";
                }
            }

            if (chain.Calendar is null && (sla.EndsAfter >= chain.ExpiresAfter || sla.EscalateAfter >= chain.ExpiresAfter))
            {
                yield return $"level '{level.Name}' waits longer than the request is open.";
            }
        }
    }
}
