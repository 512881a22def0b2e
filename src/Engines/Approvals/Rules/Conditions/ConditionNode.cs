namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>A part of a condition. Reasons are what was seen, so that they read the same under <c>not</c>.</summary>
internal abstract class ConditionNode
{
    /// <summary>The result when it is the same for every request.</summary>
    public virtual Truth? Constant => null;

    public virtual IEnumerable<ConditionField> Fields => [];

    public abstract ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken);

    protected static string Join(IEnumerable<string> reasons) => string.Join(" and ", reasons.Where(reason => reason.Length > 0).Distinct(StringComparer.Ordinal));

    /// <summary>A part in parentheses where it would otherwise read back as something else.</summary>
    protected static string Inner(ConditionNode node) => node is AndNode or OrNode ? $"({node})" : node.ToString()!;
}

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class ConstantNode(bool value) : ConditionNode
{
    public override Truth? Constant => value ? Truth.True : Truth.False;

    public override ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken) =>
        new(new ConditionOutcome(value ? Truth.True : Truth.False, value ? "it is for every request" : "it is for no request"));

    public override string ToString() => value ? "true" : "false";
}

/// <summary><c>not</c>: unknown stays unknown.</summary>
internal sealed class NotNode(ConditionNode operand) : ConditionNode
{
    public override Truth? Constant => operand.Constant is { } constant ? Negate(constant) : null;

    public override IEnumerable<ConditionField> Fields => operand.Fields;

    public static Truth Negate(Truth truth) => (Truth)(2 - (int)truth);

    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var outcome = await operand.EvaluateAsync(facts, cancellationToken);
        return outcome with { Truth = Negate(outcome.Truth) };
    }

    public override string ToString() => "not " + Inner(operand);
}

/// <summary>All have to hold; the first that does not, decides.</summary>
internal sealed class AndNode(IReadOnlyList<ConditionNode> parts) : ConditionNode
{
    public override Truth? Constant => parts.Any(part => part.Constant == Truth.False) ? Truth.False : parts.All(part => part.Constant == Truth.True) ? Truth.True : null;

    public override IEnumerable<ConditionField> Fields => parts.SelectMany(part => part.Fields);

    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var truth = Truth.True;
        var reasons = new List<string>();
        foreach (var part in parts)
        {
            var outcome = await part.EvaluateAsync(facts, cancellationToken);
            switch (outcome.Truth)
            {
                case Truth.False:
                    return outcome;
                case Truth.Unknown when truth == Truth.True:
                    truth = Truth.Unknown;
                    reasons.Clear();
                    reasons.Add(outcome.Reason);
                    break;
                case Truth.Unknown:
                case Truth.True when truth == Truth.True:
                    reasons.Add(outcome.Reason);
                    break;
                default:
                    break;
            }
        }

        return new ConditionOutcome(truth, Join(reasons));
    }

    public override string ToString() => string.Join(" and ", parts.Select(Inner));
}

/// <summary>One has to hold; the first that does, decides.</summary>
internal sealed class OrNode(IReadOnlyList<ConditionNode> parts) : ConditionNode
{
    public override Truth? Constant => parts.Any(part => part.Constant == Truth.True) ? Truth.True : parts.All(part => part.Constant == Truth.False) ? Truth.False : null;

    public override IEnumerable<ConditionField> Fields => parts.SelectMany(part => part.Fields);

    public override async ValueTask<ConditionOutcome> EvaluateAsync(RequestFacts facts, CancellationToken cancellationToken)
    {
        var truth = Truth.False;
        var reasons = new List<string>();
        foreach (var part in parts)
        {
            var outcome = await part.EvaluateAsync(facts, cancellationToken);
            switch (outcome.Truth)
            {
                case Truth.True:
                    return outcome;
                case Truth.Unknown when truth == Truth.False:
                    truth = Truth.Unknown;
                    reasons.Clear();
                    reasons.Add(outcome.Reason);
                    break;
                case Truth.Unknown:
                case Truth.False when truth == Truth.False:
                    reasons.Add(outcome.Reason);
                    break;
                default:
                    break;
            }
        }

        return new ConditionOutcome(truth, Join(reasons));
    }

    public override string ToString() => string.Join(" or ", parts.Select(Inner));
}
