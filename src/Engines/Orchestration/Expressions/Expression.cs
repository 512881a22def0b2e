using System.Globalization;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Expressions;

/// <summary>
/// A small, total language over JSON values: paths, literals, comparisons, <c>&amp;&amp; || !</c>, <c>a ? b : c</c> and a fixed set of functions. It has no loops, no assignment
/// and no access to anything but the values that it is given; a path that leads nowhere is null.
/// </summary>
public sealed class Expression
{
    /// <summary>The longest expression, in characters.</summary>
    public const int MaxLength = 2_000;

    private readonly Node _root;

    private Expression(string source, Node root) => (Source, _root) = (source, root);

    /// <summary>The text that it was read from.</summary>
    public string Source { get; }

    /// <summary>The first two names of every path, for example <c>("steps", "find")</c>; the second is null when the path has only one.</summary>
    public IEnumerable<(string Root, string? Member)> References => _root.Paths().Select(path => (path.Root, path.Steps.Count > 0 ? path.Steps[0].Name : null));

    /// <summary>Reads an expression.</summary>
    /// <exception cref="ExpressionException">It is malformed.</exception>
    public static Expression Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Length > MaxLength
            ? throw new ExpressionException($"the expression is longer than {MaxLength} characters.")
            : new Expression(source, new ExpressionParser(source).Parse());
    }

    /// <summary>Computes it.</summary>
    /// <param name="roots">The values by their first name.</param>
    /// <exception cref="ExpressionException">A function was given something that it cannot take.</exception>
    public JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots) => _root.Evaluate(roots);

    /// <summary>Refuses references and types that can never work.</summary>
    /// <returns>What is known about the result.</returns>
    /// <exception cref="ExpressionException">It can never work; the message says what is there instead.</exception>
    public ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots) => _root.Check(roots);

    /// <inheritdoc/>
    public override string ToString() => Source;

    internal abstract class Node
    {
        public abstract JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots);

        public abstract ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots);

        public abstract IEnumerable<PathNode> Paths();
    }

    internal sealed class LiteralNode(JsonNode? value) : Node
    {
        public override JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots) => value;

        public override ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots) => value?.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => ValueShape.Text,
            System.Text.Json.JsonValueKind.Number => ValueShape.Number,
            System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => ValueShape.Boolean,
            _ => ValueShape.Any,
        };

        public override IEnumerable<PathNode> Paths() => [];
    }

    internal readonly record struct PathStep(string? Name, int Index);

    internal sealed class PathNode(string root, List<PathStep> steps) : Node
    {
        public string Root { get; } = root;

        public List<PathStep> Steps { get; } = steps;

        public override JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots)
        {
            var value = roots.GetValueOrDefault(Root);
            foreach (var step in Steps)
            {
                value = step.Name is not null
                    ? value is JsonObject fields && fields.TryGetPropertyValue(step.Name, out var field) ? field : null
                    : value is JsonArray items && step.Index < items.Count ? items[step.Index] : null;
            }

            return value;
        }

        public override ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots)
        {
            if (!roots.TryGetValue(Root, out var shape))
            {
                throw new ExpressionException($"'{Root}' does not exist here; there are {string.Join(", ", roots.Keys.Order(StringComparer.Ordinal))}.");
            }

            var walked = Root;
            foreach (var step in Steps)
            {
                if (shape.Kind == "any")
                {
                    return shape;
                }

                if (step.Name is not null)
                {
                    shape = shape.Fields is null
                        ? throw new ExpressionException($"'{walked}' is a {shape.Kind} and has no field '{step.Name}'.")
                        : shape.Fields.GetValueOrDefault(step.Name)
                            ?? throw new ExpressionException(
                                $"'{walked}' has no field '{step.Name}'; there are {(shape.Fields.Count == 0 ? "none" : string.Join(", ", shape.Fields.Keys.Order(StringComparer.Ordinal)))}.");
                    walked += "." + step.Name;
                }
                else
                {
                    shape = shape.Item ?? throw new ExpressionException($"'{walked}' is a {shape.Kind}, not a list.");
                    walked += $"[{step.Index.ToString(CultureInfo.InvariantCulture)}]";
                }
            }

            return shape;
        }

        public override IEnumerable<PathNode> Paths() => [this];
    }

    internal sealed class NotNode(Node operand) : Node
    {
        public override JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots) => JsonValue.Create(!Values.IsTrue(operand.Evaluate(roots)));

        public override ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots)
        {
            operand.Check(roots);
            return ValueShape.Boolean;
        }

        public override IEnumerable<PathNode> Paths() => operand.Paths();
    }

    internal sealed class BinaryNode(string operation, Node left, Node right) : Node
    {
        public override JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots)
        {
            var a = left.Evaluate(roots);
            if (operation == "&&")
            {
                return JsonValue.Create(Values.IsTrue(a) && Values.IsTrue(right.Evaluate(roots)));
            }

            if (operation == "||")
            {
                return JsonValue.Create(Values.IsTrue(a) || Values.IsTrue(right.Evaluate(roots)));
            }

            var b = right.Evaluate(roots);
            return operation switch
            {
                "==" => JsonValue.Create(Values.AreEqual(a, b)),
                "!=" => JsonValue.Create(!Values.AreEqual(a, b)),
                "+" => Values.Add(a, b),
                _ => JsonValue.Create(Values.Compare(a, b) is { } order && operation switch
                {
                    "<" => order < 0,
                    "<=" => order <= 0,
                    ">" => order > 0,
                    _ => order >= 0,
                }),
            };
        }

        public override ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots)
        {
            var a = left.Check(roots);
            var b = right.Check(roots);
            if (operation is "<" or "<=" or ">" or ">=" && a.Kind is "text" or "number" && b.Kind is "text" or "number" && a.Kind != b.Kind)
            {
                throw new ExpressionException($"'{operation}' cannot compare {a.Kind} with {b.Kind}.");
            }

            if (operation is "==" or "!=" && a.Kind is "text" or "number" or "boolean" && b.Kind is "text" or "number" or "boolean" && a.Kind != b.Kind)
            {
                throw new ExpressionException($"'{operation}' compares {a.Kind} with {b.Kind}, which are never equal.");
            }

            if (operation == "+")
            {
                foreach (var shape in new[] { a, b })
                {
                    if (shape.Kind is "object" or "list")
                    {
                        throw new ExpressionException($"'+' cannot add a {shape.Kind}.");
                    }
                }

                return a.Kind == "number" && b.Kind == "number" ? ValueShape.Number : a.Kind == "text" || b.Kind == "text" ? ValueShape.Text : ValueShape.Any;
            }

            return ValueShape.Boolean;
        }

        public override IEnumerable<PathNode> Paths() => left.Paths().Concat(right.Paths());
    }

    internal sealed class ChoiceNode(Node condition, Node yes, Node no) : Node
    {
        public override JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots) =>
            Values.IsTrue(condition.Evaluate(roots)) ? yes.Evaluate(roots) : no.Evaluate(roots);

        public override ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots)
        {
            condition.Check(roots);
            var a = yes.Check(roots);
            var b = no.Check(roots);
            return a.Kind == b.Kind && a.Fields is null && a.Item is null ? a : ValueShape.Any;
        }

        public override IEnumerable<PathNode> Paths() => condition.Paths().Concat(yes.Paths()).Concat(no.Paths());
    }

    internal sealed class CallNode(string name, ExpressionFunction function, List<Node> arguments) : Node
    {
        public override JsonNode? Evaluate(IReadOnlyDictionary<string, JsonNode?> roots) =>
            function.Run([.. arguments.Select(argument => argument.Evaluate(roots))]);

        public override ValueShape Check(IReadOnlyDictionary<string, ValueShape> roots)
        {
            var shapes = arguments.ConvertAll(argument => argument.Check(roots));
            try
            {
                return function.Check(shapes);
            }
            catch (ExpressionException e)
            {
                throw new ExpressionException($"{name}(): {e.Message}");
            }
        }

        public override IEnumerable<PathNode> Paths() => arguments.SelectMany(argument => argument.Paths());
    }
}
