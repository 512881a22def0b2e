using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Playbooks;

/// <summary>Turns a playbook file into a <see cref="Playbook"/>, or names everything that is wrong with it.</summary>
public sealed class PlaybookCompiler
{
    private static readonly Lazy<JsonSchema> Schema = new(() => EmbeddedResources.Schema("playbook.schema.json"));

    internal static readonly ValueShape RequesterShape = ValueShape.Fielded(new Dictionary<string, ValueShape>(StringComparer.Ordinal)
    {
        ["userId"] = ValueShape.Text,
        ["email"] = ValueShape.Text,
        ["name"] = ValueShape.Text,
        ["roles"] = ValueShape.List(ValueShape.Text),
    });

    internal static readonly ValueShape StepShape = ValueShape.Fielded(new Dictionary<string, ValueShape>(StringComparer.Ordinal)
    {
        ["result"] = ValueShape.Any,
        ["status"] = ValueShape.Text,
        ["code"] = ValueShape.Text,
        ["message"] = ValueShape.Text,
    });

    private readonly LocatedDocument _document;
    private readonly JsonObject _root;
    private readonly List<DefinitionError> _errors = [];
    private readonly Dictionary<string, ValueShape> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueShape> _classified = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueShape> _steps = new(StringComparer.Ordinal);

    private PlaybookCompiler(LocatedDocument document) => (_document, _root) = (document, (JsonObject)document.Root!);

    /// <summary>Compiles a file's text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">How errors name it.</param>
    /// <exception cref="DefinitionException">It is not a valid playbook; every fault is named with its line.</exception>
    public static Playbook Compile(string text, string file)
    {
        var document = YamlLoader.Load(text, file);
        var faults = Schema.Value.Validate(document.ToElement());
        if (faults.Count > 0)
        {
            throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, document.LineOf(fault.Path), Describe(fault))).OrderBy(error => error.Line)]);
        }

        return new PlaybookCompiler(document).Run(text);
    }

    private static string Describe(SchemaError fault) => fault.Path.Length == 0 ? fault.Message : $"{fault.Path[1..].Replace('/', '.')}: {fault.Message}";

    private Playbook Run(string text)
    {
        var slots = Slots();
        var classifiers = Classifiers();
        var rules = Rules(slots);
        foreach (var (step, index) in Items("steps"))
        {
            var id = Text(step, "id")!;
            if (!_steps.TryAdd(id, StepShape))
            {
                Fault($"/steps/{index}/id", $"the step '{id}' appears twice.");
            }
        }

        var steps = Items("steps").Select(step => Step(step.Item, step.Index)).ToList();
        var ordered = Order(steps);
        var playbook = new Playbook
        {
            Id = Text(_root, "id")!,
            Version = _root["version"]!.GetValue<int>(),
            Title = Text(_root, "title")!,
            Description = Text(_root, "description")!,
            Examples = Texts(_root["examples"]),
            Priority = _root["priority"]?.GetValue<int>() ?? 50,
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            Source = text,
            File = _document.File,
            Rules = rules,
            Slots = slots,
            Classifiers = classifiers,
            Steps = ordered,
            Answer = Answer(_root["answer"], "/answer", Scope()),
            Remember = (_root["remember"] as JsonObject ?? []).ToDictionary(
                entry => entry.Key,
                entry => Checked(entry.Value!.GetValue<string>(), $"/remember/{entry.Key}", Scope()),
                StringComparer.Ordinal),
        };
        return _errors.Count == 0 ? playbook : throw new DefinitionException([.. _errors.OrderBy(error => error.Line)]);
    }

    private List<SlotDefinition> Slots()
    {
        var slots = new List<SlotDefinition>();
        foreach (var (name, node) in _root["slots"] as JsonObject ?? [])
        {
            var at = $"/slots/{name}";
            var slot = (JsonObject)node!;
            var type = Enum.Parse<SlotType>(Text(slot, "type")!, ignoreCase: true);
            var from = Texts(slot["from"]);
            if (from.Contains("requester") && type != SlotType.Person)
            {
                Fault(at + "/from", "'requester' is only for slots of type person.");
            }

            if (type == SlotType.Enum != slot.ContainsKey("values"))
            {
                Fault(at, "'values' belong to slots of type enum, and only to those.");
            }

            if (type is not (SlotType.Text or SlotType.Application) && (slot.ContainsKey("after") || slot.ContainsKey("before") || slot.ContainsKey("wholeMessage") || slot.ContainsKey("minWords")))
            {
                Fault(at, "'after', 'before', 'wholeMessage' and 'minWords' are only for slots of type text and application.");
            }

            slots.Add(new SlotDefinition
            {
                Name = name,
                Type = type,
                From = from,
                Question = Text(slot, "question"),
                Values = (slot["values"] as JsonObject ?? []).ToDictionary(value => value.Key, value => (IReadOnlyList<Phrase>)Phrases(value.Value, $"{at}/values/{value.Key}"), StringComparer.Ordinal),
                After = Phrases(slot["after"], at + "/after"),
                Before = Phrases(slot["before"], at + "/before"),
                WholeMessage = slot["wholeMessage"]?.GetValue<bool>() ?? false,
                MinWords = slot["minWords"]?.GetValue<int>() ?? 1,
            });
            _slots[name] = SlotFiller.ShapeOf(type);
        }

        return slots;
    }

    private List<Classifier> Classifiers()
    {
        var classifiers = new List<Classifier>();
        foreach (var (item, index) in Items("classify"))
        {
            var at = $"/classify/{index}";
            var defaults = (JsonObject)item["default"]!;
            foreach (var (name, value) in defaults)
            {
                if (!_classified.TryAdd(name, value!.GetValueKind() switch
                {
                    JsonValueKind.Number => ValueShape.Number,
                    JsonValueKind.String => ValueShape.Text,
                    _ => ValueShape.Boolean,
                }))
                {
                    Fault($"{at}/default/{name}", $"'{name}' is classified twice.");
                }
            }

            var rules = new List<ClassifierRule>();
            foreach (var (node, number) in ((JsonArray)item["rules"]!).Select((rule, number) => ((JsonObject)rule!, number)))
            {
                var set = (JsonObject)node["set"]!;
                foreach (var (name, value) in set)
                {
                    if (!defaults.ContainsKey(name) || defaults[name]!.GetValueKind() != value!.GetValueKind())
                    {
                        Fault($"{at}/rules/{number}/set/{name}", $"'{name}' must be in 'default', with a value of the same type.");
                    }
                }

                rules.Add(new ClassifierRule(Phrases(node["any"], $"{at}/rules/{number}/any"), Phrases(node["none"], $"{at}/rules/{number}/none"), set));
            }

            classifiers.Add(new Classifier { Rules = rules, Default = defaults });
        }

        return classifiers;
    }

    private List<MatchRule> Rules(List<SlotDefinition> slots)
    {
        var rules = new List<MatchRule>();
        foreach (var (rule, index) in Items("match"))
        {
            var at = $"/match/{index}";
            var requires = Texts(rule["requires"]);
            foreach (var name in requires.Where(name => !slots.Exists(slot => slot.Name == name)))
            {
                Fault(at + "/requires", $"there is no slot '{name}'.");
            }

            rules.Add(new MatchRule
            {
                All = [.. ((JsonArray)rule["all"]!).Select((group, number) => (IReadOnlyList<Phrase>)Phrases(group, $"{at}/all/{number}"))],
                None = Phrases(rule["none"], at + "/none"),
                Score = rule["score"]!.GetValue<double>(),
                Requires = requires,
            });
        }

        return rules;
    }

    private PlaybookStep Step(JsonObject step, int index)
    {
        var at = $"/steps/{index}";
        var id = Text(step, "id")!;
        var scope = Scope(without: id);
        var own = Scope();
        own["result"] = ValueShape.Any;

        var needs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var need in Texts(step["needs"]))
        {
            if (!_steps.ContainsKey(need) || need == id)
            {
                Fault(at + "/needs", $"there is no other step '{need}'.");
            }
            else
            {
                needs.Add(need);
            }
        }

        void Refer(IEnumerable<Expression> expressions)
        {
            foreach (var (root, member) in expressions.SelectMany(expression => expression.References))
            {
                if (root == "steps" && member is not null && member != id && _steps.ContainsKey(member))
                {
                    needs.Add(member);
                }
            }
        }

        var title = Checked(Text(step, "title")!, at + "/title", scope);
        var when = step.ContainsKey("when") ? Condition(step["when"]!, at + "/when", scope) : null;
        var with = Values(step["with"] ?? new JsonObject(), at + "/with", scope);
        Refer(title.Expressions);
        Refer(with.Expressions);
        var inputs = title.Expressions.Concat(with.Expressions).SelectMany(expression => expression.References)
            .Where(reference => reference.Root == "steps").Select(reference => reference.Member).OfType<string>().Where(needs.Contains).Distinct(StringComparer.Ordinal);
        Refer(when is null ? [] : [when]);

        var stops = new List<StopRule>();
        foreach (var (node, number) in (step["stop"] as JsonArray ?? []).Select((rule, number) => ((JsonObject)rule!, number)))
        {
            var stopAt = $"{at}/stop/{number}";
            var ask = Text(node, "ask");
            if (ask is not null && !_slots.ContainsKey(ask))
            {
                Fault(stopAt + "/ask", $"there is no slot '{ask}'.");
            }

            var stop = new StopRule(Condition(node["when"]!, stopAt + "/when", own) ?? Expression.Parse("false"), Answer(node["answer"], stopAt + "/answer", own), ask);
            Refer([stop.When]);
            Refer(stop.Answer.SelectMany(Expressions));
            stops.Add(stop);
        }

        var failures = new Dictionary<string, Template>(StringComparer.Ordinal);
        foreach (var (code, answer) in step["onFailure"] as JsonObject ?? [])
        {
            failures[code] = Checked(answer!.GetValue<string>(), $"{at}/onFailure/{code}", Scope());
        }

        return new PlaybookStep
        {
            Id = id,
            Title = title,
            Call = Text(step, "call")!,
            With = with,
            Needs = [.. needs.Order(StringComparer.Ordinal)],
            Inputs = [.. inputs],
            Speculative = step["speculative"]?.GetValue<bool>() ?? false,
            When = when,
            ContinueOnFailure = step["continueOnFailure"]?.GetValue<bool>() ?? false,
            Attempts = step["attempts"]?.GetValue<int>(),
            Stop = stops,
            OnFailure = failures,
            Line = _document.LineOf(at),
        };
    }

    private static IEnumerable<Expression> Expressions(AnswerBlock block) =>
        block.Text.Expressions.Concat(new[] { block.When, block.Each }.OfType<Expression>());

    // Kahn's algorithm, in the order of the file among those that are free.
    private List<PlaybookStep> Order(List<PlaybookStep> steps)
    {
        var open = steps.ToList();
        var ordered = new List<PlaybookStep>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (open.Find(step => step.Needs.All(done.Contains)) is { } next)
        {
            open.Remove(next);
            ordered.Add(next);
            done.Add(next.Id);
        }

        if (open.Count > 0 && _errors.Count == 0)
        {
            _errors.Add(new DefinitionError(_document.File, open[0].Line, $"the steps {string.Join(", ", open.Select(step => $"'{step.Id}'"))} wait for each other."));
        }

        return ordered;
    }

    private Dictionary<string, ValueShape> Scope(string? without = null) => new(StringComparer.Ordinal)
    {
        ["message"] = ValueShape.Text,
        ["requester"] = RequesterShape,
        ["memory"] = ValueShape.Any,
        ["slots"] = ValueShape.Fielded(_slots),
        ["classified"] = ValueShape.Fielded(_classified),
        ["steps"] = ValueShape.Fielded(_steps.Where(step => step.Key != without).ToDictionary(StringComparer.Ordinal)),
    };

    private List<AnswerBlock> Answer(JsonNode? node, string at, Dictionary<string, ValueShape> scope)
    {
        if (node is not JsonArray blocks)
        {
            return [new AnswerBlock(null, null, Checked(node!.GetValue<string>(), at, scope))];
        }

        var result = new List<AnswerBlock>();
        foreach (var (block, index) in blocks.Select((block, index) => ((JsonObject)block!, index)))
        {
            var blockAt = $"{at}/{index}";
            var inner = scope;
            Expression? each = null;
            if (block["each"] is { } list)
            {
                each = Condition(list, blockAt + "/each", scope);
                inner = new Dictionary<string, ValueShape>(scope, StringComparer.Ordinal) { ["item"] = ValueShape.Any };
            }

            result.Add(new AnswerBlock(
                block["when"] is { } when ? Condition(when, blockAt + "/when", scope) : null,
                each,
                Checked(Text(block, "text")!, blockAt + "/text", inner)));
        }

        return result;
    }

    private Expression? Condition(JsonNode node, string at, Dictionary<string, ValueShape> scope)
    {
        var template = Checked(node.GetValue<string>().Trim(), at, scope);
        if (template.Only is null)
        {
            Fault(at, "must be one expression, ${…}.");
        }

        return template.Only;
    }

    private Template Checked(string text, string at, Dictionary<string, ValueShape> scope)
    {
        try
        {
            var template = Template.Parse(text);
            template.Check(scope);
            return template;
        }
        catch (ExpressionException e)
        {
            Fault(at, e.Message);
            return Template.Parse("");
        }
    }

    private ValueTemplate Values(JsonNode node, string at, Dictionary<string, ValueShape> scope)
    {
        CheckAll(node, at);
        try
        {
            return ValueTemplate.Parse(node);
        }
        catch (ExpressionException)
        {
            // Reported with its line by the walk above.
            return ValueTemplate.Parse(null);
        }

        void CheckAll(JsonNode? value, string pointer)
        {
            switch (value)
            {
                case JsonObject fields:
                    foreach (var (name, child) in fields)
                    {
                        CheckAll(child, $"{pointer}/{LocatedDocument.Escape(name)}");
                    }

                    break;
                case JsonArray items:
                    for (var i = 0; i < items.Count; i++)
                    {
                        CheckAll(items[i], $"{pointer}/{i}");
                    }

                    break;
                case JsonValue text when text.GetValueKind() == JsonValueKind.String:
                    Checked(text.GetValue<string>(), pointer, scope);
                    break;
                default:
                    break;
            }
        }
    }

    private List<Phrase> Phrases(JsonNode? node, string at)
    {
        var phrases = new List<Phrase>();
        foreach (var (text, index) in Texts(node).Select((text, index) => (text, index)))
        {
            try
            {
                phrases.Add(Phrase.Parse(text));
            }
            catch (FormatException e)
            {
                Fault($"{at}/{index}", e.Message);
            }
        }

        return phrases;
    }

    private IEnumerable<(JsonObject Item, int Index)> Items(string name) =>
        (_root[name] as JsonArray ?? []).Select((item, index) => ((JsonObject)item!, index));

    private static string? Text(JsonObject fields, string name) => fields[name]?.GetValue<string>();

    private static List<string> Texts(JsonNode? node) => [.. (node as JsonArray ?? []).Select(item => item!.GetValue<string>())];

    private void Fault(string at, string message) => _errors.Add(new DefinitionError(_document.File, _document.LineOf(at), message));
}
