namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>A condition was refused.</summary>
/// <param name="line">The line inside the condition, from 1.</param>
/// <param name="column">The column in that line, from 1, in UTF-16 units.</param>
/// <param name="fault">What is wrong and what is allowed.</param>
public sealed class ConditionException(int line, int column, string fault) : Exception($"line {line}, column {column}: {fault}")
{
    /// <summary>The line inside the condition, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The column in that line, from 1.</summary>
    public int Column { get; } = column;

    /// <summary>What is wrong, without the place.</summary>
    public string Fault { get; } = fault;
}
