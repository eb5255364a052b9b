"""boto3 against the embedded user pool: plain flows and administration.

It is written for Debian's boto3 1.26, which knows neither the newer operations
nor the endpoint's environment variables.
"""

import base64
import functools
import hashlib
import hmac
import itertools
import json
import os
import re
import traceback
import urllib.parse
import urllib.request
from datetime import datetime

import boto3
from botocore import UNSIGNED
from botocore.config import Config

POOL = os.environ["POOL_ID"]
CLIENT = os.environ["CLIENT_ID"]
PASSWORD = "Correct-horse-9"
ANOTHER = "Another-horse-10"


def connect(**settings):
    """A client of the pool's endpoint. It repeats nothing that fails."""
    config = Config(retries={"max_attempts": 0}, **settings)
    return boto3.client("cognito-idp", endpoint_url=os.environ["POOL_URL"], region_name="us-east-1", config=config)


public = connect(signature_version=UNSIGNED)
admin = connect()
numbers = itertools.count(1)


class Failed(Exception):
    """A step has failed, and what follows it cannot be done."""


def step(name, work):
    """Do one step and say how it went."""
    try:
        value = work()
    except Exception as error:  # whatever it is, it is what the step is about
        place = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__][-1]
        why = " ".join(f"{type(error).__name__}: {error} (line {place.lineno})".split())
        print(f"not ok - {name} -- {why}", flush=True)
        raise Failed from error
    print(f"ok - {name}", flush=True)
    return value


scenarios = []


def scenario(function):
    """Steps that need one another; the first that fails ends the function."""
    scenarios.append(function)
    return function


def equal(got, want):
    if got != want:
        raise AssertionError(f"{got!r} is not {want!r}")


def having(got, **want):
    equal({name: got.get(name) for name in want}, want)


def refused(exception, work, message=None):
    """Want work to fail with one of the client's own exception classes."""
    try:
        value = work()
    except exception as error:
        equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        equal(error.response["Error"]["Code"], exception.__name__)
        if message:
            equal(error.response["Error"]["Message"].strip(), message)
        return
    raise AssertionError(f"this succeeds: {value}")


def address(name):
    return f"{name}.{next(numbers)}@example.com"


def inbox(to):
    with urllib.request.urlopen(os.environ["INBOX_URL"] + "?" + urllib.parse.urlencode({"to": to})) as answer:
        return json.load(answer)


def newest_code(to):
    return inbox(to)[0]["code"]


def totp(secret):
    with urllib.request.urlopen(os.environ["TOTP_URL"] + "?" + urllib.parse.urlencode({"secret": secret})) as answer:
        return answer.read().decode()


def wrong(code):
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def attributes(**named):
    return [{"Name": name.replace("__", ":"), "Value": value} for name, value in named.items()]


def named(list_of_attributes):
    return {each["Name"]: each["Value"] for each in list_of_attributes}


def member(name, pool=POOL, **more):
    email = address(name)
    admin.admin_create_user(
        UserPoolId=pool, Username=email, MessageAction="SUPPRESS", UserAttributes=attributes(email=email, email_verified="true", **more)
    )
    admin.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
    return email


def sign_in(email, password=PASSWORD, client=CLIENT, **parameters):
    return public.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=client, AuthParameters={"USERNAME": email, "PASSWORD": password, **parameters}
    )


def tokens(email, password=PASSWORD):
    return sign_in(email, password)["AuthenticationResult"]


def status(email, pool=POOL):
    return admin.admin_get_user(UserPoolId=pool, Username=email)["UserStatus"]


@scenario
def account():
    errors = public.exceptions
    email = address("account")

    def sign_up(password=PASSWORD):
        return public.sign_up(ClientId=CLIENT, Username=email, Password=password, UserAttributes=attributes(email=email, custom__mode="dark"))

    def confirm(code):
        return public.confirm_sign_up(ClientId=CLIENT, Username=email, ConfirmationCode=code)

    def signed_up():
        answer = sign_up()
        equal(answer["UserConfirmed"], False)
        equal(answer["CodeDeliveryDetails"], {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"})
        equal(re.fullmatch("[0-9a-f-]{36}", answer["ResponseMetadata"]["RequestId"]) is not None, True)

    step("account: a weak password is refused", lambda: refused(errors.InvalidPasswordException, lambda: sign_up("horse-horse")))
    step("account: sign up", signed_up)
    step("account: the address is taken", lambda: refused(errors.UsernameExistsException, sign_up))
    step("account: an unconfirmed user cannot sign in", lambda: refused(errors.UserNotConfirmedException, lambda: sign_in(email)))
    step("account: a wrong code is refused", lambda: refused(errors.CodeMismatchException, lambda: confirm(wrong(newest_code(email)))))
    step("account: have the code sent again", lambda: public.resend_confirmation_code(ClientId=CLIENT, Username=email))
    step("account: confirm", lambda: confirm(newest_code(email)))
    step("account: confirming again is refused", lambda: refused(errors.NotAuthorizedException, lambda: confirm("123456")))
    step(
        "account: a wrong password is refused",
        lambda: refused(errors.NotAuthorizedException, lambda: sign_in(email, ANOTHER), "Incorrect username or password."),
    )
    given = step("account: sign in", lambda: tokens(email))
    step("account: the lifetime is in seconds", lambda: having(given, ExpiresIn=3600, TokenType="Bearer"))

    def get_user():
        user = public.get_user(AccessToken=given["AccessToken"])
        found = named(user["UserAttributes"])
        equal(found, {"sub": user["Username"], "email": email, "email_verified": "true", "custom:mode": "dark"})

    step("account: get the user", get_user)

    def refresh():
        answer = public.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH", ClientId=CLIENT, AuthParameters={"REFRESH_TOKEN": given["RefreshToken"]}
        )["AuthenticationResult"]
        equal("RefreshToken" in answer, False)
        return answer

    step("account: refresh", refresh)

    def update():
        public.update_user_attributes(AccessToken=given["AccessToken"], UserAttributes=attributes(name="Ada"))
        public.delete_user_attributes(AccessToken=given["AccessToken"], UserAttributeNames=["custom:mode"])
        found = named(public.get_user(AccessToken=given["AccessToken"])["UserAttributes"])
        equal((found.get("name"), found.get("custom:mode")), ("Ada", None))

    step("account: update and delete attributes", update)
    step(
        "account: change the password",
        lambda: public.change_password(AccessToken=given["AccessToken"], PreviousPassword=PASSWORD, ProposedPassword=ANOTHER),
    )

    def forgotten():
        public.forgot_password(ClientId=CLIENT, Username=email)
        public.confirm_forgot_password(ClientId=CLIENT, Username=email, ConfirmationCode=newest_code(email), Password=PASSWORD)
        return tokens(email)

    step("account: forget the password", forgotten)

    def revoke():
        public.revoke_token(ClientId=CLIENT, Token=given["RefreshToken"])
        refused(errors.NotAuthorizedException, lambda: public.get_user(AccessToken=given["AccessToken"]), "Access Token has been revoked")
        refused(errors.NotAuthorizedException, refresh, "Refresh Token has been revoked")

    step("account: revoke a token", revoke)

    def everywhere():
        access = tokens(email)["AccessToken"]
        public.global_sign_out(AccessToken=access)
        refused(errors.NotAuthorizedException, lambda: public.global_sign_out(AccessToken=access), "Access Token has been revoked")

    step("account: sign out everywhere", everywhere)
    step("account: an ID token is no access token", lambda: refused(errors.NotAuthorizedException, lambda: public.get_user(AccessToken=tokens(email)["IdToken"]), "Invalid Access Token"))
    step("account: delete the user", lambda: public.delete_user(AccessToken=tokens(email)["AccessToken"]))
    step("account: the user is gone", lambda: refused(admin.exceptions.UserNotFoundException, lambda: status(email), "User does not exist."))


@scenario
def administration():
    errors = admin.exceptions
    email = address("made")

    def create(**more):
        return admin.admin_create_user(
            UserPoolId=POOL, Username=email, TemporaryPassword="Temporary-1",
            UserAttributes=attributes(email=email, email_verified="True"), **more,
        )["User"]  # fmt: skip

    def made():
        user = create()
        having(user, UserStatus="FORCE_CHANGE_PASSWORD", Enabled=True)
        equal(isinstance(user["UserCreateDate"], datetime), True)
        equal(named(user["Attributes"])["email_verified"], "true")
        equal(inbox(email)[0]["kind"], "INVITATION")

    step("administration: create a user", made)
    step("administration: the user exists", lambda: refused(errors.UsernameExistsException, create))
    step("administration: send the invitation again", lambda: (create(MessageAction="RESEND"), equal(len(inbox(email)), 2)))

    def first_sign_in():
        challenge = sign_in(email, "Temporary-1")
        equal(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED")
        equal(json.loads(challenge["ChallengeParameters"]["requiredAttributes"]), [])
        return public.respond_to_auth_challenge(
            ClientId=CLIENT, ChallengeName="NEW_PASSWORD_REQUIRED", Session=challenge["Session"],
            ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": PASSWORD, "userAttributes.name": "Ada"},
        )["AuthenticationResult"]  # fmt: skip

    step("administration: first sign-in", first_sign_in)
    step("administration: no invitation for who has accepted it", lambda: refused(errors.UnsupportedUserStateException, lambda: create(MessageAction="RESEND")))

    def got():
        user = admin.admin_get_user(UserPoolId=POOL, Username=email)
        having(user, UserStatus="CONFIRMED", Enabled=True)
        having(named(user["UserAttributes"]), email=email, name="Ada")
        equal(user["UserLastModifiedDate"].tzinfo is not None, True)

    step("administration: get a user", got)

    def password():
        admin.admin_set_user_password(UserPoolId=POOL, Username=email, Password=ANOTHER, Permanent=False)
        equal(status(email), "FORCE_CHANGE_PASSWORD")
        admin.admin_set_user_password(UserPoolId=POOL, Username=email, Password=ANOTHER, Permanent=True)
        equal(status(email), "CONFIRMED")
        tokens(email, ANOTHER)
        refused(errors.InvalidPasswordException, lambda: admin.admin_set_user_password(UserPoolId=POOL, Username=email, Password="horse-horse", Permanent=True))

    step("administration: set a password", password)

    def disable():
        admin.admin_disable_user(UserPoolId=POOL, Username=email)
        refused(errors.NotAuthorizedException, lambda: sign_in(email, ANOTHER), "User is disabled.")
        equal(admin.admin_get_user(UserPoolId=POOL, Username=email)["Enabled"], False)
        admin.admin_enable_user(UserPoolId=POOL, Username=email)
        tokens(email, ANOTHER)

    step("administration: disable and enable", disable)

    def reset():
        admin.admin_reset_user_password(UserPoolId=POOL, Username=email)
        equal(status(email), "RESET_REQUIRED")
        refused(errors.PasswordResetRequiredException, lambda: sign_in(email, ANOTHER))
        public.confirm_forgot_password(ClientId=CLIENT, Username=email, ConfirmationCode=newest_code(email), Password=PASSWORD)
        equal(status(email), "CONFIRMED")

    step("administration: reset a password", reset)

    def change():
        admin.admin_update_user_attributes(UserPoolId=POOL, Username=email, UserAttributes=attributes(locale="en", custom__mode="dark"))
        admin.admin_delete_user_attributes(UserPoolId=POOL, Username=email, UserAttributeNames=["name"])
        found = named(admin.admin_get_user(UserPoolId=POOL, Username=email)["UserAttributes"])
        equal((found.get("locale"), found.get("custom:mode"), found.get("name")), ("en", "dark", None))

    step("administration: update and delete attributes", change)

    def confirmed():
        other = address("unconfirmed")
        public.sign_up(ClientId=CLIENT, Username=other, Password=PASSWORD, UserAttributes=attributes(email=other))
        admin.admin_confirm_sign_up(UserPoolId=POOL, Username=other)
        equal(status(other), "CONFIRMED")
        equal(named(admin.admin_get_user(UserPoolId=POOL, Username=other)["UserAttributes"]).get("email_verified", "false"), "false")
        refused(errors.NotAuthorizedException, lambda: admin.admin_confirm_sign_up(UserPoolId=POOL, Username=other))

    step("administration: confirm a sign-up, which verifies nothing", confirmed)

    def signed_out():
        given = tokens(email)
        admin.admin_user_global_sign_out(UserPoolId=POOL, Username=email)
        refused(errors.NotAuthorizedException, lambda: public.get_user(AccessToken=given["AccessToken"]), "Access Token has been revoked")

    step("administration: sign a user out", signed_out)
    step("administration: delete a user", lambda: admin.admin_delete_user(UserPoolId=POOL, Username=email))
    step("administration: nobody can be found", lambda: refused(errors.UserNotFoundException, lambda: status(email), "User does not exist."))
    step(
        "administration: no pool can be found",
        lambda: refused(errors.ResourceNotFoundException, lambda: status(email, "us-east-1_AbsentPool"), "User pool us-east-1_AbsentPool does not exist."),
    )


@scenario
def listing():
    errors = admin.exceptions
    pool = step("listing: a pool", lambda: admin.create_user_pool(PoolName="listing")["UserPool"]["Id"])

    def users():
        for i in range(25):
            admin.admin_create_user(
                UserPoolId=pool, Username=f"user{i:02}", MessageAction="SUPPRESS", TemporaryPassword="Temporary-1",
                UserAttributes=attributes(email=f"user{i:02}@example.com", given_name="even" if i % 2 == 0 else "odd"),
            )  # fmt: skip
        admin.admin_disable_user(UserPoolId=pool, Username="user03")

    step("listing: 25 users", users)
    every = {f"user{i:02}" for i in range(25)}

    def pages():
        found = [[user["Username"] for user in page["Users"]] for page in admin.get_paginator("list_users").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 10})]
        equal([len(page) for page in found], [10, 10, 5])
        equal({name for page in found for name in page}, every)

    step("listing: pages of ten", pages)

    def listed(**arguments):
        return {user["Username"] for user in admin.list_users(UserPoolId=pool, **arguments)["Users"]}

    filters = {
        'username = "user07"': {"user07"},
        'username ^= "user1"': {f"user1{i}" for i in range(10)},
        'email ^= "user2"': {f"user2{i}" for i in range(5)},
        'given_name = "odd"': {f"user{i:02}" for i in range(1, 25, 2)},
        'cognito:user_status = "FORCE_CHANGE_PASSWORD"': every,
        'cognito:user_status = "CONFIRMED"': set(),
        'status = "Disabled"': {"user03"},
        'status = "Enabled"': every - {"user03"},
        'username = "no \\"one\\""': set(),
    }
    for text, want in filters.items():
        step(f"listing: {text}", lambda text=text, want=want: equal(listed(Filter=text), want))

    def chosen():
        user = admin.list_users(UserPoolId=pool, Limit=1, AttributesToGet=["email"])["Users"][0]
        equal([each["Name"] for each in user["Attributes"]], ["email"])

    step("listing: only some attributes", chosen)
    step("listing: a custom attribute is not searchable", lambda: refused(errors.InvalidParameterException, lambda: listed(Filter='custom:mode = "dark"')))
    step("listing: a filter that is none", lambda: refused(errors.InvalidParameterException, lambda: listed(Filter="nonsense")))
    step("listing: a token that is none", lambda: refused(errors.InvalidParameterException, lambda: listed(PaginationToken="nonsense")))


@scenario
def groups():
    errors = admin.exceptions
    email = member("grouped")

    def created():
        group = admin.create_group(UserPoolId=POOL, GroupName="admins", Description="who may", Precedence=2)["Group"]
        having(group, GroupName="admins", UserPoolId=POOL, Description="who may", Precedence=2)
        admin.create_group(UserPoolId=POOL, GroupName="founders", Precedence=1)

    step("groups: create", created)
    step("groups: the name is taken", lambda: refused(errors.GroupExistsException, lambda: admin.create_group(UserPoolId=POOL, GroupName="admins")))

    def added():
        for _ in range(2):
            admin.admin_add_user_to_group(UserPoolId=POOL, Username=email, GroupName="admins")
        admin.admin_add_user_to_group(UserPoolId=POOL, Username=email, GroupName="founders")

    step("groups: add a user, twice", added)
    step(
        "groups: a group that is none",
        lambda: refused(errors.ResourceNotFoundException, lambda: admin.admin_add_user_to_group(UserPoolId=POOL, Username=email, GroupName="none")),
    )

    def claimed():
        for token in ("AccessToken", "IdToken"):
            payload = tokens(email)[token].split(".")[1]
            equal(json.loads(base64.urlsafe_b64decode(payload + "=="))["cognito:groups"], ["founders", "admins"])

    step("groups: the tokens have them, by precedence", claimed)

    def read():
        equal({group["GroupName"] for page in admin.get_paginator("admin_list_groups_for_user").paginate(UserPoolId=POOL, Username=email) for group in page["Groups"]}, {"admins", "founders"})
        equal([named(user["Attributes"])["email"] for user in admin.list_users_in_group(UserPoolId=POOL, GroupName="admins")["Users"]], [email])
        equal({group["GroupName"] for group in admin.list_groups(UserPoolId=POOL)["Groups"]}, {"admins", "founders"})
        having(admin.get_group(UserPoolId=POOL, GroupName="admins")["Group"], Precedence=2)

    step("groups: read", read)

    def removed():
        admin.admin_remove_user_from_group(UserPoolId=POOL, Username=email, GroupName="admins")
        admin.delete_group(UserPoolId=POOL, GroupName="founders")
        equal(admin.admin_list_groups_for_user(UserPoolId=POOL, Username=email)["Groups"], [])

    step("groups: remove a user, delete a group", removed)


@scenario
def pools():
    errors = admin.exceptions

    def created():
        pool = admin.create_user_pool(PoolName="plain")["UserPool"]
        equal(
            pool["Policies"]["PasswordPolicy"],
            {
                "MinimumLength": 8, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": True,
                "RequireSymbols": True, "TemporaryPasswordValidityDays": 7,
            },
        )  # fmt: skip
        having(pool, Name="plain", MfaConfiguration="OFF", DeletionProtection="INACTIVE", UsernameConfiguration=None, AutoVerifiedAttributes=None)
        equal(len(pool["SchemaAttributes"]), 20)
        equal(re.fullmatch(r"us-east-1_[0-9A-Za-z]{9}", pool["Id"]) is not None, True)
        equal(pool["Arn"].endswith(":userpool/" + pool["Id"]), True)
        return pool

    pool = step("pools: create one with defaults", created)

    def described():
        found = admin.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
        equal({name: found[name] for name in pool}, pool)
        equal([each["Name"] for page in admin.get_paginator("list_user_pools").paginate(MaxResults=60) for each in page["UserPools"] if each["Id"] == pool["Id"]], ["plain"])

    step("pools: describe and list", described)
    step(
        "pools: a required custom attribute is refused",
        lambda: refused(
            errors.InvalidParameterException,
            lambda: admin.create_user_pool(PoolName="x", Schema=[{"Name": "mode", "AttributeDataType": "String", "Required": True}]),
            "Required custom attributes are not supported currently.",
        ),
    )

    def client():
        made = admin.create_user_pool_client(UserPoolId=pool["Id"], ClientName="secretive", GenerateSecret=True)["UserPoolClient"]
        having(made, ClientName="secretive", UserPoolId=pool["Id"], RefreshTokenValidity=30, AuthSessionValidity=3, EnableTokenRevocation=True)
        equal(re.fullmatch("[0-9a-z]{26}", made["ClientId"]) is not None, True)
        return made

    made = step("pools: create a client with a secret", client)
    identity, secret = made["ClientId"], made["ClientSecret"]

    def secret_hash(name):
        return base64.b64encode(hmac.new(secret.encode(), (name + identity).encode(), hashlib.sha256).digest()).decode()

    def flows():
        refused(errors.InvalidParameterException, lambda: sign_in("ada", client=identity, SECRET_HASH=secret_hash("ada")), "USER_PASSWORD_AUTH flow not enabled for this client")
        admin.update_user_pool_client(UserPoolId=pool["Id"], ClientId=identity, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
        found = admin.describe_user_pool_client(UserPoolId=pool["Id"], ClientId=identity)["UserPoolClient"]
        having(found, ClientSecret=secret)
        equal(sorted(found["ExplicitAuthFlows"]), ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"])

    step("pools: update the client, to permit a flow", flows)

    def hashed():
        arguments = {"ClientId": identity, "Username": "ada", "Password": PASSWORD}
        refused(errors.NotAuthorizedException, lambda: public.sign_up(**arguments), f"Client {identity} is configured with secret but SECRET_HASH was not received")
        refused(errors.NotAuthorizedException, lambda: public.sign_up(**arguments, SecretHash=secret_hash("eve")), f"Unable to verify secret hash for client {identity}")
        public.sign_up(**arguments, SecretHash=secret_hash("ada"))
        admin.admin_confirm_sign_up(UserPoolId=pool["Id"], Username="ada")

    step("pools: sign up with SECRET_HASH", hashed)
    given = step("pools: sign in with SECRET_HASH", lambda: sign_in("ada", client=identity, SECRET_HASH=secret_hash("ada"))["AuthenticationResult"])

    def refreshed():
        public.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH", ClientId=identity,
            AuthParameters={"REFRESH_TOKEN": given["RefreshToken"], "SECRET_HASH": secret_hash("ada")},
        )  # fmt: skip
        refused(
            errors.NotAuthorizedException,
            lambda: public.initiate_auth(
                AuthFlow="REFRESH_TOKEN_AUTH", ClientId=identity,
                AuthParameters={"REFRESH_TOKEN": given["RefreshToken"], "SECRET_HASH": secret_hash("eve")},
            ),
            f"SecretHash does not match for the client: {identity}",
        )  # fmt: skip

    step("pools: refresh with SECRET_HASH", refreshed)
    step("pools: revoke with the secret", lambda: public.revoke_token(ClientId=identity, ClientSecret=secret, Token=given["RefreshToken"]))

    def sensitive():
        for name in ("Ada", "ADA"):
            public.sign_up(ClientId=identity, Username=name, Password=PASSWORD, SecretHash=secret_hash(name))

    step("pools: user names that differ in case are different", sensitive)

    def deleted():
        equal([each["ClientName"] for each in admin.list_user_pool_clients(UserPoolId=pool["Id"])["UserPoolClients"]], ["secretive"])
        admin.delete_user_pool_client(UserPoolId=pool["Id"], ClientId=identity)
        refused(errors.ResourceNotFoundException, lambda: admin.describe_user_pool_client(UserPoolId=pool["Id"], ClientId=identity), f"User pool client {identity} does not exist.")
        admin.delete_user_pool(UserPoolId=pool["Id"])
        refused(errors.ResourceNotFoundException, lambda: admin.describe_user_pool(UserPoolId=pool["Id"]), f"User pool {pool['Id']} does not exist.")

    step("pools: delete both", deleted)


@scenario
def second_factor():
    errors = public.exceptions
    email = member("totp")
    access = tokens(email)["AccessToken"]
    secret = step("TOTP: get a secret", lambda: public.associate_software_token(AccessToken=access)["SecretCode"])
    step("TOTP: verify", lambda: equal(public.verify_software_token(AccessToken=access, UserCode=totp(secret))["Status"], "SUCCESS"))

    def preferred():
        public.set_user_mfa_preference(AccessToken=access, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True})
        having(public.get_user(AccessToken=access), PreferredMfaSetting="SOFTWARE_TOKEN_MFA", UserMFASettingList=["SOFTWARE_TOKEN_MFA"])
        having(admin.admin_get_user(UserPoolId=POOL, Username=email), PreferredMfaSetting="SOFTWARE_TOKEN_MFA")

    step("TOTP: prefer it", preferred)

    def sign_in_with_code():
        challenge = sign_in(email)
        equal(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA")

        def answer(code):
            return public.respond_to_auth_challenge(
                ClientId=CLIENT, ChallengeName="SOFTWARE_TOKEN_MFA", Session=challenge["Session"],
                ChallengeResponses={"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": code},
            )  # fmt: skip

        refused(errors.CodeMismatchException, lambda: answer(wrong(totp(secret))))
        equal("AccessToken" in answer(totp(secret))["AuthenticationResult"], True)
        refused(errors.NotAuthorizedException, lambda: answer(totp(secret)), "Invalid session for the user, session can only be used once.")

    step("TOTP: sign in with a code", sign_in_with_code)

    def switched_off():
        admin.admin_set_user_mfa_preference(UserPoolId=POOL, Username=email, SoftwareTokenMfaSettings={"Enabled": False})
        tokens(email)

    step("TOTP: an administrator switches it off", switched_off)

    def configured():
        pool = admin.create_user_pool(PoolName="mfa")["UserPool"]["Id"]
        having(admin.get_user_pool_mfa_config(UserPoolId=pool), MfaConfiguration="OFF")
        admin.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True})
        having(admin.get_user_pool_mfa_config(UserPoolId=pool), MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True})
        having(admin.describe_user_pool(UserPoolId=pool)["UserPool"], MfaConfiguration="ON")

    step("TOTP: configure it for a pool", configured)

@scenario
def sessions():
    if not hasattr(public, "list_user_sessions"):
        print(f"sessions are left out: boto3 {boto3.__version__} does not know them", flush=True)
        return
    errors = public.exceptions
    email = member("sessions")
    first, second = tokens(email)["AccessToken"], tokens(email)["AccessToken"]

    def listed():
        found = public.list_user_sessions(AccessToken=second)["Sessions"]
        equal(sorted(each["IsCurrentSession"] for each in found), [False, True])
        for each in found:
            having(each, SessionType="TOKEN", ClientId=CLIENT)
            equal(isinstance(each["CreateDate"], datetime), True)
        return next(each["SessionId"] for each in found if not each["IsCurrentSession"])

    other = step("sessions: list", listed)

    def revoked():
        refused(errors.InvalidParameterException, lambda: public.revoke_user_session(AccessToken=first, SessionId=other))
        public.revoke_user_session(AccessToken=second, SessionId=other)
        refused(errors.NotAuthorizedException, lambda: public.get_user(AccessToken=first), "Access Token has been revoked")

    step("sessions: revoke another", revoked)

    def administered():
        (remaining,) = admin.admin_list_user_sessions(UserPoolId=POOL, Username=email)["Sessions"]
        admin.admin_revoke_user_session(UserPoolId=POOL, Username=email, SessionId=remaining["SessionId"])
        refused(errors.NotAuthorizedException, lambda: public.list_user_sessions(AccessToken=second), "Access Token has been revoked")

    step("sessions: an administrator revokes", administered)


def shapes():
    """Pools that differ from the default one: how, an account's name and attributes, where its code goes, and the names that sign in."""
    sms = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}
    phone, named_email, alias_email = "+15555550199", address("named"), address("alias")
    yield "phone number", {"UsernameAttributes": ["phone_number"], "AutoVerifiedAttributes": ["phone_number"], **sms}, phone, {}, phone, [], [named_email]
    yield "user name", {"AutoVerifiedAttributes": ["email"]}, "ada", {"email": named_email}, named_email, [], [named_email]
    alias = {"AliasAttributes": ["email", "phone_number"], "AutoVerifiedAttributes": ["email", "phone_number"], **sms}
    # The code goes to the phone, so that the e-mail address stays unverified, and nobody's.
    yield "aliases", alias, "ada", {"email": alias_email, "phone_number": phone}, phone, [phone], [alias_email]


def shaped(shape, settings, name, given_attributes, to, aliases, strangers):
    errors = public.exceptions
    pool = admin.create_user_pool(PoolName=shape, UsernameConfiguration={"CaseSensitive": False}, **settings)["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = admin.create_user_pool_client(UserPoolId=pool, ClientName=shape, ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED")
    client = client["UserPoolClient"]["ClientId"]
    names = [name, *aliases]

    def sign_up(as_name=name):
        return public.sign_up(ClientId=client, Username=as_name, Password=PASSWORD, UserAttributes=attributes(**given_attributes))

    def nobody(as_name, password=PASSWORD):
        refused(errors.NotAuthorizedException, lambda: sign_in(as_name, password, client), "Incorrect username or password.")

    def signed_up():
        delivery = sign_up()["CodeDeliveryDetails"]
        having(delivery, **({"DeliveryMedium": "SMS", "AttributeName": "phone_number"} if to.startswith("+") else {"DeliveryMedium": "EMAIL", "AttributeName": "email"}))
        refused(errors.UsernameExistsException, sign_up)

    step(f"{shape}: sign up", signed_up)

    def confirmed():
        code = newest_code(to)
        refused(errors.CodeMismatchException, lambda: public.confirm_sign_up(ClientId=client, Username=name, ConfirmationCode=wrong(code)))
        public.confirm_sign_up(ClientId=client, Username=name, ConfirmationCode=code)

    step(f"{shape}: confirm", confirmed)

    def signed_in(as_name, password=PASSWORD):
        nobody(as_name, "Wrong-horse-11")
        given = sign_in(as_name, password, client)["AuthenticationResult"]
        user = public.get_user(AccessToken=given["AccessToken"])
        found = named(user["UserAttributes"])
        equal(user["Username"], found["sub"] if name.startswith("+") else name)
        equal(found["phone_number_verified" if to.startswith("+") else "email_verified"], "true")
        return given

    for each in names:
        step(f"{shape}: sign in as {each}", lambda each=each: signed_in(each))
    for each in strangers:
        step(f"{shape}: {each} is nobody", lambda each=each: nobody(each))

    def forgotten():
        last = names[-1]
        public.forgot_password(ClientId=client, Username=last)
        code = newest_code(to)
        refused(errors.CodeMismatchException, lambda: public.confirm_forgot_password(ClientId=client, Username=last, ConfirmationCode=wrong(code), Password=ANOTHER))
        public.confirm_forgot_password(ClientId=client, Username=last, ConfirmationCode=code, Password=ANOTHER)
        nobody(name)
        return signed_in(last, ANOTHER)

    given = step(f"{shape}: forget the password, as {names[-1]}", forgotten)

    def signed_out():
        public.revoke_token(ClientId=client, Token=given["RefreshToken"])
        refused(errors.NotAuthorizedException, lambda: public.get_user(AccessToken=given["AccessToken"]), "Access Token has been revoked")

    step(f"{shape}: sign out", signed_out)


for shape in shapes():
    scenario(functools.partial(shaped, *shape))


for each in scenarios:
    try:
        each()
    except Failed:
        pass
    except Exception as error:
        print(f"not ok - {getattr(each, '__name__', each)}: between steps -- {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
print("end")
