using System.Text.Json;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>Reads a question from inside and asks the broker. Nothing in the question says who asks.</summary>
internal static class DataQuestions
{
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 32 };

    public static async Task<SandboxDataResult> AskAsync(SandboxJob job, ISandboxDataBroker data, ReadOnlyMemory<byte> question, Action<Exception, string> failed, CancellationToken cancellationToken)
    {
        string kind, subject;
        JsonElement arguments;
        try
        {
            using var document = JsonDocument.Parse(question, Shallow);
            var root = document.RootElement;
            kind = root.GetProperty("kind").GetString() ?? "";
            subject = root.GetProperty(kind switch { "sql" => "query", "connector" => "action", _ => "name" }).GetString() ?? "";
            arguments = kind == "file" ? default : root.GetProperty("arguments").Clone();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return SandboxDataResult.Failed("bad_question", "The question could not be read.");
        }

        try
        {
            return kind switch
            {
                "sql" => await data.SqlAsync(job, subject, arguments, cancellationToken),
                "connector" => await data.ConnectorAsync(job, subject, arguments, cancellationToken),
                "file" => await data.FileAsync(job, subject, cancellationToken),
                _ => SandboxDataResult.Failed("bad_question", "The question is of no known kind."),
            };
        }
#pragma warning disable CA1031 // A broker's failure is an answer to the code, which must not hang or learn its text.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failed(exception, job.ExecutionId);
            return SandboxDataResult.Failed("internal_error", "The question could not be answered.");
        }
    }
}
