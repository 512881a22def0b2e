using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>Puts a credential into requests. Of those registered the first that knows the kind is used. Safe for concurrent use.</summary>
public interface ICredentialApplier
{
    /// <summary>Whether it knows a kind of sign-in.</summary>
    bool CanApply(AuthKind kind);

    /// <summary>Changes the request, which is final but for the credential: signatures may cover address, headers and body.</summary>
    /// <param name="request">The request; its address and headers may be changed, not its host.</param>
    /// <param name="body">The bytes of the body; empty when there is none.</param>
    /// <param name="use">The credential and what it is for.</param>
    void Apply(HttpRequestMessage request, ReadOnlyMemory<byte> body, CredentialUse use);

    /// <summary>The client to send with, for credentials that belong to the connection, such as a client certificate; null for the ordinary one. The caller disposes it.</summary>
    /// <param name="use">The credential and what it is for.</param>
    /// <param name="createHandler">A new handler with all rules of sending: no redirects, no cookies, no forbidden addresses.</param>
    HttpClient? FindClient(CredentialUse use, Func<SocketsHttpHandler> createHandler) => null;
}

/// <summary>A credential and what it is for.</summary>
/// <param name="Target">The instance and its template.</param>
/// <param name="Auth">The way to sign in.</param>
/// <param name="Credential">The credential.</param>
public sealed record CredentialUse(ResolvedInstance Target, AuthSpec Auth, Credential Credential);
