using System.Text;
using Steward.Engines.Sandboxing;
using Steward.Errors;

namespace Steward.Sandbox;

/// <summary>Refuses executions that make no sense, whoever asks for them.</summary>
internal static class LeaseRules
{
    /// <summary>What can be asked for.</summary>
    public static readonly IReadOnlyList<string> Languages = ["python", "shell", "sql"];

    private const int MaxCodeBytes = 256 << 10;
    private const int MaxSql = 64 << 10;
    private const int MaxFiles = 32;
    private const int MaxFileBytes = 8 << 20;

    /// <summary>Checks what was asked for.</summary>
    public static void Check(StartSandboxExecution command)
    {
        Demand(Languages.Contains(command.Language), "language", $"must be one of {string.Join(", ", Languages)}.");
        Demand(!string.IsNullOrWhiteSpace(command.Code) && Encoding.UTF8.GetByteCount(command.Code) <= MaxCodeBytes, "code", $"must have 1 character to {MaxCodeBytes} bytes.");
        Demand(command.Language != "sql" || command.Code.Length <= MaxSql, "code", $"must be a statement of at most {MaxSql} characters.");
        Demand(command.Files.Count <= (command.Language == "sql" ? 0 : MaxFiles), "files", $"must be at most {MaxFiles}, and none for sql.");
        Demand(command.Files.All(file => SandboxJobRules.IsFileName(file.Name)), "files", "must have names of 1 to 128 letters, digits, dots, underscores, hyphens and spaces that begin with a letter, a digit or an underscore.");
        Demand(command.Files.Select(file => file.Name).Distinct(StringComparer.Ordinal).Count() == command.Files.Count, "files", "must have different names.");
        Demand(command.Files.Sum(file => (long)file.Content.Length) <= MaxFileBytes, "files", $"must have at most {MaxFileBytes} bytes together.");
    }

    /// <summary>How long an execution may take: as the options say, and not beyond the time of whoever asks. One that comes too late ends at once.</summary>
    public static TimeSpan Patience(StartSandboxExecution command, SandboxLeaseOptions options, DateTimeOffset now)
    {
        var own = command.IsBackground ? options.Background : options.Interactive;
        var left = command.Deadline - now ?? own;
        return left >= own ? own : left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }

    private static void Demand(bool holds, string field, string allowed)
    {
        if (!holds)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }
}
