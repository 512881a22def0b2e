using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Replies;

/// <summary>A <see cref="ReplySignal"/> with its expression made ready. Expressions come from templates and answers from strangers: none runs longer than a moment.</summary>
internal sealed class CompiledSignal
{
    private const int MaxText = 64 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private readonly ReplySignal _signal;
    private readonly Regex? _matches;

    public CompiledSignal(ReplySignal signal)
    {
        _signal = signal;
        _matches = signal.Matches is null ? null : Compile(signal.Matches);
    }

    /// <summary>Whether an answer shows it. A signal that says nothing is never shown.</summary>
    public bool IsShownBy(VendorReply reply)
    {
        if (_signal.Status is { } status && status != reply.Status)
        {
            return false;
        }

        if (_signal.BodyPath is null && _matches is null)
        {
            return _signal.Status is not null;
        }

        var value = _signal.BodyPath is { } path ? reply.Json.ValueKind == JsonValueKind.Undefined ? null : Find(reply.Json, path) : null;
        if (_signal.BodyPath is not null && value is null)
        {
            return false;
        }

        return (_signal.EqualTo is not { } expected || (value is { } found && JsonElement.DeepEquals(found, expected))) && (_matches is null || IsMatch(value, reply));
    }

    private static JsonElement? Find(JsonElement json, string path)
    {
        try
        {
            return ValuePath.Find(json, path);
        }
        catch (InvalidOperationException)
        {
            // A member's name holds half of a surrogate pair.
            return null;
        }
    }

    private static Regex Compile(string pattern)
    {
        const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.IgnoreCase;
        try
        {
            return new Regex(pattern, Options | RegexOptions.NonBacktracking, Longest);
        }
        catch (NotSupportedException)
        {
            // Look-arounds and back references need the other engine.
            return new Regex(pattern, Options, Longest);
        }
    }

    private bool IsMatch(JsonElement? value, VendorReply reply)
    {
        try
        {
            var text = value is { } found ? TemplateScope.TextOf(found) : reply.Text;
            return _matches!.IsMatch(text.Length <= MaxText ? text : text[..MaxText]);
        }
        catch (Exception exception) when (exception is RegexMatchTimeoutException or InvalidOperationException)
        {
            return false;
        }
    }
}
