namespace Steward.Engines.Connectors.Schemas;

/// <summary>Whose schema it is: what is harmless in what is received is harmful in what is sent, and the other way round.</summary>
public enum SchemaUse
{
    /// <summary>Of results, which are read.</summary>
    Output,

    /// <summary>Of arguments, which are written.</summary>
    Input,
}

/// <summary>The kinds of change.</summary>
public enum SchemaChangeKind
{
    /// <summary>A field came that need not be there.</summary>
    OptionalAdded,

    /// <summary>A field came that is always there, or must be given.</summary>
    RequiredAdded,

    /// <summary>A field went.</summary>
    Removed,

    /// <summary>A field that need not be there must be, or always is.</summary>
    BecameRequired,

    /// <summary>A field that is always there, or must be given, need not be any more.</summary>
    BecameOptional,

    /// <summary>Other types than before, none or only some in common.</summary>
    TypeChanged,

    /// <summary>More types than before.</summary>
    TypeWidened,

    /// <summary>Fewer types than before.</summary>
    TypeNarrowed,

    /// <summary>More values are allowed.</summary>
    EnumWidened,

    /// <summary>Fewer values are allowed.</summary>
    EnumNarrowed,

    /// <summary>Another format.</summary>
    FormatChanged,

    /// <summary>A bound such as a length or a pattern became wider.</summary>
    BoundWidened,

    /// <summary>A bound such as a length or a pattern became narrower, or cannot be compared.</summary>
    BoundNarrowed,

    /// <summary>Another schema is referred to.</summary>
    ReferenceChanged,

    /// <summary>Forms (oneOf, anyOf, allOf) came or went.</summary>
    FormsChanged,
}

/// <summary>One change of a schema.</summary>
/// <param name="Path">The field's path, with <c>*</c> for the items of lists; empty for the whole.</param>
/// <param name="Kind">The kind.</param>
/// <param name="IsBreaking">Whether what was right before may be wrong now.</param>
/// <param name="Message">What was and what is.</param>
public sealed record SchemaChange(string Path, SchemaChangeKind Kind, bool IsBreaking, string Message);
