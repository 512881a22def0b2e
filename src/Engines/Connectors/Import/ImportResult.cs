using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>A draft template with everything that a person must know before it is used.</summary>
public sealed record ImportResult
{
    /// <summary>The draft; a valid template as far as rules can tell.</summary>
    public required ConnectorTemplate Template { get; init; }

    /// <summary>What the document does not say, or says so that it had to be guessed.</summary>
    public required IReadOnlyList<ImportGap> Gaps { get; init; }

    /// <summary>What was wrong with the document or could not be taken over; the first of them, see <see cref="ImportFigures.Warnings"/> for their number.</summary>
    public required IReadOnlyList<ImportWarning> Warnings { get; init; }

    /// <summary>How much was read and taken over.</summary>
    public required ImportFigures Figures { get; init; }
}

/// <summary>The subjects of the gap report.</summary>
public enum GapArea
{
    /// <summary>The address that calls go to.</summary>
    Address,

    /// <summary>How to sign in.</summary>
    SignIn,

    /// <summary>Name, vendor, category and documentation.</summary>
    Description,

    /// <summary>The call that shows that address and credentials are right.</summary>
    Verification,

    /// <summary>How many calls the system takes.</summary>
    Limits,

    /// <summary>Which failures may be tried again.</summary>
    Retry,

    /// <summary>How lists are paged.</summary>
    Pagination,

    /// <summary>How a repetition is kept from acting twice.</summary>
    Idempotency,

    /// <summary>What the system tells by itself.</summary>
    Webhook,

    /// <summary>How the system says what went wrong.</summary>
    Errors,

    /// <summary>What an operation does to the system.</summary>
    Effect,
}

/// <summary>Something that the document does not say.</summary>
public sealed record ImportGap
{
    /// <summary>What it is about.</summary>
    public required GapArea Area { get; init; }

    /// <summary>What is missing.</summary>
    public required string Message { get; init; }

    /// <summary>What to do.</summary>
    public required string Advice { get; init; }

    /// <summary>What the document hints at, in the form of the template's member; null without a hint.</summary>
    public JsonElement? Guess { get; init; }

    /// <summary>Whether the guess stands in the draft already.</summary>
    public bool Applied { get; init; }

    /// <summary>The operations it is about, at most 20 of them; empty for all.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>The number of operations it is about; 0 for all.</summary>
    public int OperationCount { get; init; }
}

/// <summary>Something in the document that is wrong or could not be taken over.</summary>
/// <param name="Where">Where in the document, as a JSON pointer or an operation.</param>
/// <param name="Message">What it is and what was done about it.</param>
public sealed record ImportWarning(string Where, string Message)
{
    /// <summary>Where, then what.</summary>
    public override string ToString() => Where.Length == 0 ? Message : $"{Where}: {Message}";
}

/// <summary>How much was read and taken over.</summary>
/// <param name="Specification">The form of the document, for example <c>openapi 3.0</c>.</param>
/// <param name="Bytes">The document's size.</param>
/// <param name="Values">The document's values.</param>
/// <param name="OperationsInDocument">The operations that it describes.</param>
/// <param name="Operations">The operations of the draft.</param>
/// <param name="Warnings">All warnings.</param>
/// <param name="Elapsed">The time it took.</param>
public sealed record ImportFigures(string Specification, int Bytes, int Values, int OperationsInDocument, int Operations, int Warnings, TimeSpan Elapsed);
