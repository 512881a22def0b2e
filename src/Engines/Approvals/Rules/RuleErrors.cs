using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Gathers the faults of a rule set, so that all of them are told at once.</summary>
internal sealed class RuleErrors(LocatedDocument document)
{
    private const int MaxErrors = 50;

    private readonly List<DefinitionError> _errors = [];

    public void Add(string at, string? rule, string message)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(new DefinitionError(document.File, document.LineOf(at), rule is null ? message : $"rule '{rule}': {message}"));
        }
    }

    public Condition? Read(string condition, FieldCatalog catalog, string at, string? rule)
    {
        try
        {
            return Condition.Parse(condition, catalog);
        }
        catch (ConditionException e)
        {
            Add(at, rule, $"the condition, {e.Message}");
            return null;
        }
    }

    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new DefinitionException([.. _errors.OrderBy(error => error.Line)]);
        }
    }
}
