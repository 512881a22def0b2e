namespace Steward.Engines.Definitions;

/// <summary>One fault in a definition file.</summary>
/// <param name="File">The file as it was named when it was loaded.</param>
/// <param name="Line">From 1.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record DefinitionError(string File, int Line, string Message)
{
    /// <summary><c>file:line: message</c>.</summary>
    public override string ToString() => $"{File}:{Line}: {Message}";
}

/// <summary>A definition file was refused. Names every fault that was found.</summary>
public sealed class DefinitionException(IReadOnlyList<DefinitionError> errors)
    : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>A file with one fault.</summary>
    /// <param name="file">The file as it was named when it was loaded.</param>
    /// <param name="line">From 1.</param>
    /// <param name="message">What is wrong and what is allowed.</param>
    public DefinitionException(string file, int line, string message)
        : this([new DefinitionError(file, line, message)])
    {
    }

    /// <summary>The faults, at least one, in the order of the file.</summary>
    public IReadOnlyList<DefinitionError> Errors { get; } = errors;
}
