using System.Text;
using System.Text.Json;
using Steward.Runs;

namespace Steward.Host.Commands;

/// <summary>Shows a run's events on a terminal: steps in grey as they happen, the answer as it streams.</summary>
internal sealed class ChatScreen(TextWriter output, bool colours)
{
    private readonly StringBuilder _answer = new();
    private readonly Dictionary<string, string> _titles = [];

    public void Welcome(string user, string url, string sessionId) =>
        output.WriteLine($"Chatting as {user} with {url}, session {sessionId}. /quit ends; what Steward asks is answered with /approve, /reject and so on.");

    public string? Prompt(TextReader input)
    {
        output.Write(Paint("1", "> "));
        output.Flush();
        _answer.Clear();
        var line = input.ReadLine();
        if (line is null)
        {
            output.WriteLine();
        }

        return line;
    }

    public void Show(string type, JsonElement content)
    {
        switch (type)
        {
            case "answer.delta":
                Delta(content.GetProperty("offset").GetInt32(), content.GetProperty("text").GetString() ?? "");
                break;
            case "step.started":
                _titles[Text(content, "stepId") ?? ""] = Text(content, "title") ?? "";
                Step($"… {Text(content, "title")}");
                break;
            case "step.completed":
                var mark = Text(content, "status") is "skipped" ? "– not needed:" : "✓";
                Step($"{mark} {Text(content, "summary") ?? _titles.GetValueOrDefault(Text(content, "stepId") ?? "") ?? Text(content, "status")}");
                break;
            case "step.failed":
                Step($"✗ {Text(content, "message")}");
                break;
            case "decision.requested":
                output.WriteLine(Paint("33", $"  ? {Clean(Text(content, "summary") ?? "")}"));
                if (Text(content, "reason") is { } reason)
                {
                    Step($"  {reason}");
                }

                if (content.TryGetProperty("subject", out var subject))
                {
                    Step($"  {Shorten(subject.GetRawText())}");
                }

                break;
            case "decision.made":
                Step($"→ {Text(content, "decision")}{(Text(content, "by") is { } by ? $" by {by}" : "")}");
                break;
            case "run.waiting":
                output.WriteLine();
                Step($"(waits: {Text(content, "summary")})");
                break;
            case "run.deadline_reached":
                output.WriteLine();
                Step("(the deadline has passed; the work goes on in the background)");
                break;
            case "action.unknown":
                Step($"? {Text(content, "reason")}");
                break;
            case "run.ended":
                output.WriteLine();
                if (Text(content, "phase") is { } phase and not "completed")
                {
                    Step($"({phase})");
                }

                break;
        }

        output.Flush();
    }

    /// <summary>How the person can answer what a run waits for, or who else has to.</summary>
    public void Offer(IReadOnlyList<string> options, IReadOnlyList<string> deciders, bool mayDecide, string? approvalId) =>
        Step(mayDecide ? $"Answer with {string.Join(", ", options.Select(option => "/" + option))}, and why if you like."
            : approvalId is not null ? $"This is decided by those whom your company's rules name; see /approvals/{approvalId}."
            : $"This is decided by: {string.Join(", ", deciders)}");

    /// <summary>What of the person's memory is in the answer, so that it can be put right.</summary>
    public void Remembered(IEnumerable<RunMemoryItem> memories)
    {
        if (string.Join("; ", memories.Select(memory => $"{memory.Slot}: {memory.Value}")) is { Length: > 0 } told)
        {
            Step($"(from memory: {told}. Wrong? Say what is right, or “forget” and its words.)");
            output.Flush();
        }
    }

    public void Queued(int? before) => Step(before is > 0 ? $"(waits for its turn; {before} before it)" : "(waits for its turn)");

    public void Problem(string message) => output.WriteLine(Paint("31", Clean(message)));

    /// <summary>The answer comes in pieces; a piece before the end means that a lost model call began again, so the answer is shown anew.</summary>
    private void Delta(int offset, string text)
    {
        if (offset < _answer.Length)
        {
            _answer.Length = offset;
            output.WriteLine();
            output.Write(Clean(_answer.ToString()));
        }

        _answer.Append(text);
        output.Write(Clean(text));
    }

    private static string Shorten(string text) => text.Length <= 500 ? text : text[..500] + "…";

    private void Step(string text) => output.WriteLine(Paint("90", $"  {Clean(text)}"));

    private static string? Text(JsonElement content, string name) =>
        content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private string Paint(string code, string text) => colours ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>What systems and models say must not steer the terminal.</summary>
    private static string Clean(string text) => string.Concat(text.Where(character => !char.IsControl(character) || character is '\n' or '\t'));
}
