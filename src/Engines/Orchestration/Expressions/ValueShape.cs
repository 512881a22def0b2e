namespace Steward.Engines.Orchestration.Expressions;

/// <summary>What is known about a value before it exists: enough to refuse a reference that can never work.</summary>
public sealed class ValueShape
{
    private ValueShape(string kind, IReadOnlyDictionary<string, ValueShape>? fields = null, ValueShape? item = null) =>
        (Kind, Fields, Item) = (kind, fields, item);

    /// <summary>Nothing is known.</summary>
    public static ValueShape Any { get; } = new("any");

    /// <summary>Text.</summary>
    public static ValueShape Text { get; } = new("text");

    /// <summary>A number.</summary>
    public static ValueShape Number { get; } = new("number");

    /// <summary>True or false.</summary>
    public static ValueShape Boolean { get; } = new("boolean");

    /// <summary>The word for it in messages.</summary>
    public string Kind { get; }

    /// <summary>All fields of an object; null when they are not known.</summary>
    public IReadOnlyDictionary<string, ValueShape>? Fields { get; }

    /// <summary>The shape of a list's items.</summary>
    public ValueShape? Item { get; }

    /// <summary>An object with exactly these fields.</summary>
    public static ValueShape Fielded(IReadOnlyDictionary<string, ValueShape> fields) => new("object", fields);

    /// <summary>A list.</summary>
    public static ValueShape List(ValueShape item) => new("list", item: item);
}
