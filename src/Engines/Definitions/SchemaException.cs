namespace Steward.Engines.Definitions;

/// <summary>A JSON Schema was refused: it is malformed or uses a keyword that is not supported.</summary>
public sealed class SchemaException(string path, string message) : Exception($"{(path.Length == 0 ? "#" : "#" + path)}: {message}")
{
    /// <summary>Where in the schema, as a JSON pointer.</summary>
    public string Path { get; } = path;
}

/// <summary>One way in which an instance does not fit its schema.</summary>
/// <param name="Path">Where in the instance, as a JSON pointer; empty for the whole.</param>
/// <param name="Keyword">The keyword that failed.</param>
/// <param name="Message">What is allowed, as a sentence.</param>
public sealed record SchemaError(string Path, string Keyword, string Message)
{
    /// <summary>The path, then the message.</summary>
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}
