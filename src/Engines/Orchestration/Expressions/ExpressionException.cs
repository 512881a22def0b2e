namespace Steward.Engines.Orchestration.Expressions;

/// <summary>An expression or template is malformed, refers to something that does not exist, or cannot be computed.</summary>
public sealed class ExpressionException(string message) : Exception(message);
