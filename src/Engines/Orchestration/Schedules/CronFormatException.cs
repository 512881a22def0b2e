namespace Steward.Engines.Orchestration.Schedules;

/// <summary>A line is no cron expression. The message names the field and what is allowed in it, and is safe to show.</summary>
public sealed class CronFormatException(string message) : FormatException(message);
