using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Playbooks;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>
/// Checks a plan before anything of it runs and names every fault with its place. Deterministic; its work grows with the length of the plan, which
/// <see cref="PlanReader"/> bounds. docs/api/plans.md lists the codes.
/// </summary>
internal sealed class PlanValidator
{
    private const int MaxFaults = 20;
    private const int MaxListed = 20;

    private static readonly Lazy<JsonSchema> Schema = new(() => EmbeddedResources.Schema("plan.schema.json"));
    private static readonly HashSet<string> None = new(StringComparer.Ordinal);

    private readonly PlanScope? _scope;
    private readonly List<PlanFault> _faults = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private readonly List<JsonElement> _steps = [];
    private readonly HashSet<string> _earlier;
    private HashSet<string>[] _ancestors = [];
    private bool _isAcyclic;

    private PlanValidator(PlanScope? scope)
    {
        _scope = scope;
        _earlier = scope?.Known.GetValueOrDefault("steps") is JsonObject steps ? [.. steps.Select(step => step.Key)] : None;
    }

    /// <summary>Checks a plan.</summary>
    /// <returns>The plan and no fault, or none and at least one.</returns>
    public static (Plan? Plan, IReadOnlyList<PlanFault> Faults) Check(JsonElement document, PlanScope scope)
    {
        var validator = new PlanValidator(scope);
        var plan = validator.Run(document);
        return validator._faults.Count == 0 ? (plan, []) : (null, [.. validator._faults.Take(MaxFaults)]);
    }

    /// <summary>Understands a plan that was found valid before: what it may use is not asked again, since that may have changed since.</summary>
    public static Plan Compile(JsonElement document)
    {
        var validator = new PlanValidator(null);
        return validator.Run(document) is { } plan && validator._faults.Count == 0
            ? plan
            : throw new InvalidOperationException($"A plan that was accepted cannot be understood any more: {validator._faults[0].Message}");
    }

    private Plan? Run(JsonElement document)
    {
        var max = _scope?.MaxSteps ?? int.MaxValue;
        if (document.ValueKind == JsonValueKind.Object && document.TryGetProperty("steps", out var steps) && steps.ValueKind == JsonValueKind.Array && steps.GetArrayLength() > max)
        {
            Fault("too_many_steps", "/steps", $"The plan has {steps.GetArrayLength()} steps; {max} are allowed.");
            return null;
        }

        foreach (var error in Schema.Value.Validate(document))
        {
            Fault(error.Keyword switch { "additionalProperties" => "unknown_key", "required" => "missing_key", _ => "schema" }, error.Path, error.Message);
        }

        if (_faults.Count > 0)
        {
            return null;
        }

        _steps.AddRange(document.GetProperty("steps").EnumerateArray());
        for (var i = 0; i < _steps.Count; i++)
        {
            Identify(i);
        }

        if (_faults.Count > 0)
        {
            // Without ids that are certain, every reference would be a fault of its own.
            return null;
        }

        var order = Order();
        var compiled = new PlanStep[_steps.Count];
        for (var i = 0; i < _steps.Count; i++)
        {
            compiled[i] = Step(i);
        }

        if (_scope is not null)
        {
            var writes = _steps.Count(step => Operation(step) is { Effect: not OperationEffect.Read });
            if (writes > _scope.MaxWrites)
            {
                Fault("too_many_writes", "/steps", $"The plan has {writes} steps that change something; {_scope.MaxWrites} are allowed.");
            }

            FindUnreachable(order, compiled);
        }

        return _isAcyclic
            ? new Plan { Goal = Text(document, "goal")!, Answer = Text(document, "answer"), Steps = [.. order.Select(index => compiled[index])] }
            : null;
    }

    private void Identify(int index)
    {
        var id = Text(_steps[index], "id")!;
        if (IsReserved(id))
        {
            Fault("reserved_id", $"/steps/{index}/id", $"'{id}' reads like a step of an earlier plan; ids must not begin with 'p', a number and '_'.");
        }
        else if (!_index.TryAdd(id, index))
        {
            Fault("duplicate_id", $"/steps/{index}/id", $"The step '{id}' appears twice; each step needs an id of its own.");
        }
    }

    private static bool IsReserved(string id)
    {
        var digits = id.Skip(1).TakeWhile(char.IsAsciiDigit).Count();
        return id[0] == 'p' && digits > 0 && id.Length > digits + 1 && id[digits + 1] == '_';
    }

    private IReadOnlyList<int> Order()
    {
        var needs = new List<IReadOnlyList<int>>(_steps.Count);
        for (var i = 0; i < _steps.Count; i++)
        {
            var own = new List<int>();
            foreach (var (need, n) in Texts(_steps[i], "needs").Select((need, n) => (need, n)))
            {
                if (_index.TryGetValue(need, out var target))
                {
                    own.Add(target);
                }
                else if (!_earlier.Contains(need) && _scope is not null)
                {
                    Fault("unknown_dependency", $"/steps/{i}/needs/{n}", $"There is no step '{Cut(need)}'; there are {List(_index.Keys)}.");
                }
            }

            needs.Add([.. own.Distinct()]);
        }

        var cycle = PlanGraph.Sort(needs, out var order);
        _isAcyclic = cycle.Count == 0;
        if (!_isAcyclic)
        {
            // Named from its first step in the plan, so that the same plan always reads the same.
            var first = cycle.Min();
            var ids = Enumerable.Range(0, cycle.Count + 1).Select(n => IdOf(cycle[(cycle.ToList().IndexOf(first) + n) % cycle.Count]));
            Fault("cycle", $"/steps/{first}/needs", $"The steps wait for each other: {string.Join(" → ", ids)}.");
            return order;
        }

        _ancestors = new HashSet<string>[_steps.Count];
        foreach (var i in order)
        {
            var own = new HashSet<string>(StringComparer.Ordinal);
            foreach (var need in needs[i])
            {
                own.Add(IdOf(need));
                own.UnionWith(_ancestors[need]);
            }

            _ancestors[i] = own;
        }

        return order;
    }

    private PlanStep Step(int index)
    {
        var step = _steps[index];
        var at = $"/steps/{index}";
        var inputs = new HashSet<string>(StringComparer.Ordinal);
        var compiled = new PlanStep
        {
            Id = IdOf(index),
            Title = Text(step, "title")!,
            Tool = Text(step, "tool"),
            Agent = Text(step, "agent"),
            Needs = [.. Texts(step, "needs").Where(_index.ContainsKey).Distinct(StringComparer.Ordinal)],
            When = Condition(step, "when", index, ownResult: false),
            Expect = Condition(step, "expect", index, ownResult: true),
            OnFailure = Text(step, "onFailure") switch { "stop" => PlanFailure.Stop, "continue" => PlanFailure.Continue, _ => PlanFailure.Replan },
        };
        if (compiled.Tool is null == compiled.Agent is null || (compiled.Tool is null && step.TryGetProperty("arguments", out _)) || compiled.Agent is null == step.TryGetProperty("task", out _))
        {
            Fault("schema", at, "A step has either 'tool' with 'arguments' or 'agent' with 'task'.");
            return compiled;
        }

        return compiled.Tool is not null ? Call(compiled, index, inputs) : HandOff(compiled, index, inputs);
    }

    private PlanStep Call(PlanStep step, int index, HashSet<string> inputs)
    {
        var at = $"/steps/{index}";
        var given = _steps[index].TryGetProperty("arguments", out var arguments) ? arguments : Values.Element(new JsonObject());
        var before = _faults.Count;
        var values = new PlanArguments(given, (text, path) => Value(text, $"{at}/arguments{path}", index, inputs));
        var isReadable = _faults.Count == before;
        if (_scope is not null && !_scope.Tools.ContainsKey(step.Tool!))
        {
            var (code, why) = _scope.Configured.Contains(step.Tool!) ? ("forbidden_tool", "This agent may not use") : ("unknown_tool", "There is no tool");
            Fault(code, at + "/tool", $"{why} '{Cut(step.Tool!)}'; it may use {List(_scope.Tools.Keys.Order(StringComparer.Ordinal))}.");
        }
        else if (_scope is not null && isReadable)
        {
            foreach (var (code, path, message) in values.Check(_scope.Tools[step.Tool!]))
            {
                Fault(code, $"{at}/arguments{path}", message);
            }

            if (values.Known is { } known && _scope.Closed.Count > 0 && Find(_scope.Closed, step.Tool!, known) is { } closed)
            {
                Fault(closed.Code, at, closed.Message);
            }
        }

        return step with { Arguments = isReadable ? ValueTemplate.Parse(Values.Node(given)) : null, Inputs = [.. inputs] };
    }

    /// <summary>The call among these that is the same as the given one.</summary>
    public static ClosedCall? Find(IReadOnlyList<ClosedCall> closed, string tool, JsonElement arguments) =>
        closed.FirstOrDefault(call => call.Tool == tool && JsonElement.DeepEquals(call.Arguments, arguments));

    private PlanStep HandOff(PlanStep step, int index, HashSet<string> inputs)
    {
        var at = $"/steps/{index}";
        var before = _faults.Count;
        var task = Text(_steps[index], "task")!;
        Value(task, at + "/task", index, inputs);
        var isReadable = _faults.Count == before;
        if (_scope is not null && !_scope.Agents.Contains(step.Agent!))
        {
            Fault("unknown_agent", at + "/agent", $"There is no agent '{Cut(step.Agent!)}' to hand a step over to; there are {List(_scope.Agents.Order(StringComparer.Ordinal))}.");
        }

        return step with { Task = isReadable ? Template.Parse(task) : null, Inputs = [.. inputs] };
    }

    // The value of a text when it depends on nothing that is still to come, else what is known of it.
    private (JsonNode? Value, ValueShape? Open) Value(string text, string path, int index, HashSet<string> inputs)
    {
        try
        {
            var template = Template.Parse(text);
            var referred = Refer(template.Expressions, path, index);
            if (referred is null)
            {
                return (null, ValueShape.Any);
            }

            inputs.UnionWith(referred);
            var shape = template.Check(Shapes(index, ownResult: false));
            return referred.Count > 0 || (_scope is null && template.Expressions.Any()) ? (null, shape) : (template.Evaluate(_scope?.Known ?? new Dictionary<string, JsonNode?>()), null);
        }
        catch (ExpressionException e)
        {
            Fault("invalid_expression", path, Sentence(e.Message));
            return (null, ValueShape.Any);
        }
    }

    private Expression? Condition(JsonElement step, string name, int index, bool ownResult)
    {
        if (Text(step, name) is not { } text)
        {
            return null;
        }

        var path = $"/steps/{index}/{name}";
        try
        {
            if (Template.Parse(text).Only is not { } expression)
            {
                throw new ExpressionException("must be one expression, ${…}.");
            }

            if (Refer([expression], path, index) is not null)
            {
                expression.Check(Shapes(index, ownResult));
            }

            return expression;
        }
        catch (ExpressionException e)
        {
            Fault("invalid_expression", path, Sentence(e.Message));
            return null;
        }
    }

    /// <returns>The steps of this plan that are referred to; null when one may not be.</returns>
    private HashSet<string>? Refer(IEnumerable<Expression> expressions, string path, int index)
    {
        var referred = new HashSet<string>(StringComparer.Ordinal);
        var isValid = true;
        foreach (var (root, member) in expressions.SelectMany(expression => expression.References))
        {
            if (root != "steps" || (member is not null && _earlier.Contains(member)) || (_scope is null && member is not null && !_index.ContainsKey(member)))
            {
                continue;
            }

            if (member is null)
            {
                Fault("invalid_expression", path, "'steps' has to be followed by the id of a step.");
                isValid = false;
            }
            else if (!_index.ContainsKey(member))
            {
                Fault("unknown_reference", path, $"There is no step '{Cut(member)}'; there are {List(_index.Keys.Concat(_earlier))}.");
                isValid = false;
            }
            else if (_isAcyclic && !_ancestors[index].Contains(member))
            {
                var allowed = _ancestors[index].Concat(_earlier).ToList();
                Fault("not_ancestor", path, $"'{IdOf(index)}' may refer only to steps that are over before it begins ({List(allowed)}); name '{member}' in its 'needs'.");
                isValid = false;
            }
            else
            {
                referred.Add(member);
            }
        }

        return isValid ? referred : null;
    }

    // A step can never run when its condition is false whatever happens, or when it needs only steps that can never run.
    private void FindUnreachable(IReadOnlyList<int> order, PlanStep[] steps)
    {
        var unreachable = new HashSet<string>(StringComparer.Ordinal);
        foreach (var i in order)
        {
            var step = steps[i];
            if (step.When is { } when && !when.References.Any(reference => reference.Root == "steps" && !_earlier.Contains(reference.Member ?? "")) && !IsTrue(when))
            {
                unreachable.Add(step.Id);
                Fault("unreachable_step", $"/steps/{i}/when", $"'{step.Id}' can never run: its condition is false whatever happens. Leave the step out.");
            }
            else if (step.Needs.Count > 0 && step.Needs.All(unreachable.Contains))
            {
                unreachable.Add(step.Id);
                Fault("unreachable_step", $"/steps/{i}/needs", $"'{step.Id}' can never run: neither can {List(step.Needs)}, which it needs. Leave the step out.");
            }
        }
    }

    private bool IsTrue(Expression expression)
    {
        try
        {
            return Values.IsTrue(expression.Evaluate(_scope!.Known));
        }
        catch (ExpressionException)
        {
            return false;
        }
    }

    private Dictionary<string, ValueShape> Shapes(int index, bool ownResult)
    {
        var steps = _index.Keys.Where(id => id != IdOf(index)).Concat(_earlier).ToDictionary(id => id, _ => PlaybookCompiler.StepShape, StringComparer.Ordinal);
        var shapes = new Dictionary<string, ValueShape>(StringComparer.Ordinal)
        {
            ["message"] = ValueShape.Text,
            ["requester"] = PlaybookCompiler.RequesterShape,
            ["steps"] = _scope is null ? ValueShape.Any : ValueShape.Fielded(steps),
        };
        if (ownResult)
        {
            shapes["result"] = ValueShape.Any;
        }

        return shapes;
    }

    private ConnectorOperation? Operation(JsonElement step) => Text(step, "tool") is { } tool ? _scope!.Tools.GetValueOrDefault(tool) : null;

    private string IdOf(int index) => Text(_steps[index], "id")!;

    private static string? Text(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static IEnumerable<string> Texts(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) ? value.EnumerateArray().Select(item => item.GetString()!) : [];

    private static string Cut(string text) => text.Length <= 64 ? text : text[..64] + "…";

    private static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static string List(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count switch
        {
            0 => "none",
            <= MaxListed => string.Join(", ", all),
            _ => $"{string.Join(", ", all.Take(MaxListed))} and {all.Count - MaxListed} more",
        };
    }

    private void Fault(string code, string path, string message)
    {
        if (_faults.Count < MaxFaults)
        {
            _faults.Add(new PlanFault { Code = code, Path = path, Message = message });
        }
    }
}
