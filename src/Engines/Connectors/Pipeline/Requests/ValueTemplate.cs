using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>A <see cref="TemplateText"/> that is read once and written for each call.</summary>
internal sealed class ValueTemplate
{
    private readonly TemplateText _text;

    public ValueTemplate(string text)
    {
        _text = TemplateText.Parse(text);
        Constant = _text.Placeholders.Any() ? null : text;
    }

    /// <summary>The text itself, when there is no placeholder in it.</summary>
    public string? Constant { get; }

    /// <summary>The name of the first placeholder; null when there is none.</summary>
    public string? FirstName => _text.Placeholders.Select(placeholder => placeholder.Name).FirstOrDefault();

    /// <summary>The text; null when something in it is absent.</summary>
    /// <param name="scope">The values.</param>
    /// <param name="escape">How a value is written; as it is when null.</param>
    /// <param name="inPath">Whether arguments must fit into one segment of a path.</param>
    /// <exception cref="OutcomeException">A value may not stand where it belongs.</exception>
    public string? Text(TemplateScope scope, Func<string, string>? escape = null, bool inPath = false)
    {
        if (Constant is not null)
        {
            return Constant;
        }

        try
        {
            return _text.Render(inPath ? scope.FindForPath : scope.Find, escape);
        }
        catch (FormatException exception)
        {
            throw Invalid(exception);
        }
    }

    /// <summary>The value: of its own type when a placeholder stands alone, else a text; null when something in it is absent.</summary>
    /// <exception cref="OutcomeException">A value may not stand where it belongs.</exception>
    public JsonNode? Value(TemplateScope scope)
    {
        if (Constant is not null)
        {
            return JsonValue.Create(Constant);
        }

        try
        {
            return _text.RenderValue(scope.Find);
        }
        catch (FormatException exception)
        {
            throw Invalid(exception);
        }
    }

    /// <summary>The name of the first placeholder that has no value.</summary>
    public string? FirstAbsent(TemplateScope scope) => _text.Needed.FirstOrDefault(name => scope.Find(name) is null);

    // The message begins with the name of the argument.
    private static OutcomeException Invalid(FormatException exception)
    {
        var field = exception.Message.Split(' ', 2)[0];
        return OutcomeException.Invalid(field, exception.Message[field.Length..].TrimStart());
    }
}
