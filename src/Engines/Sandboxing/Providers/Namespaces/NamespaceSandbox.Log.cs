using Microsoft.Extensions.Logging;

namespace Steward.Engines.Sandboxing.Namespaces;

public sealed partial class NamespaceSandbox
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Sandbox profile {Profile} is ready: {Versions}")]
    private partial void LogProfileReady(string profile, string versions);

    [LoggerMessage(Level = LogLevel.Information, Message = "Code execution is on (namespaces). Missing layers: {Missing}")]
    private partial void LogReady(string missing);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Code execution is off: {Reason}")]
    private partial void LogOff(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sandbox profile {Profile} cannot be made: {Reason}")]
    private partial void LogProfileFailed(string profile, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The sandbox supervisor ended; it is started anew with the next job. Its last words: {Errors}")]
    private partial void LogSupervisorEnded(string errors);

    [LoggerMessage(Level = LogLevel.Error, Message = "The data broker failed for execution {ExecutionId}")]
    private partial void LogBrokerFailed(Exception exception, string executionId);
}
