// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: signatures of images
 *
 * A signed image ends like a signed module: PKCS#7 message, struct
 * module_signature, marker. The marker is another, but it is not part of what is
 * signed: a module that was given it passes here, and the parser, which takes
 * ET_DYN only, refuses it, as the module loader, which takes ET_REL only, does
 * with an image.
 */
#include <linux/domain_image.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/module_signature.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/security.h>
#include <linux/string.h>
#include <linux/verification.h>

#include <asm/byteorder.h>

#include "domain.h"

static bool domain_sig_enforce = IS_ENABLED(CONFIG_DOMAIN_SIG_FORCE);
#ifdef CONFIG_DOMAIN_SIG
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "domain."
module_param_named(sig_enforce, domain_sig_enforce, bool_enable_only, 0644);
MODULE_PARM_DESC(sig_enforce, "refuse images without a valid signature; cannot be undone");
#endif

/* Where modules must be signed, images must not be a way around it */
static int domain_unsigned(const char *why)
{
	int ret;

	if (!IS_ENABLED(CONFIG_DOMAIN_SIG))
		why = "this kernel cannot check signatures of images";
	if (domain_sig_enforce || is_module_sig_enforced()) {
		pr_warn_ratelimited("domain: image refused: %s\n", why);
		return -EKEYREJECTED;
	}
	ret = security_locked_down(LOCKDOWN_MODULE_SIGNATURE);
	if (ret)
		pr_warn_ratelimited("domain: image refused by lockdown: %s\n",
				    why);
	return ret;
}

static const char *domain_bad_signature(int ret)
{
	switch (ret) {
	case -EBADMSG:
		return "its signature is malformed";
	case -EKEYREJECTED:
		return "its signature is of something else, or its key was revoked";
	default:
		return "its signature cannot be checked";
	}
}

#ifdef CONFIG_DOMAIN_SIG
static int domain_signature_verify(const void *buf, size_t *len)
{
	struct module_signature ms;
	size_t sig_len;
	int ret;

	if (*len <= sizeof(ms))
		return -EBADMSG;
	memcpy(&ms, buf + *len - sizeof(ms), sizeof(ms));
	ret = mod_check_sig(&ms, *len, "domain");
	if (ret)
		return ret;
	sig_len = be32_to_cpu(ms.sig_len);
	*len -= sizeof(ms) + sig_len;
	return verify_pkcs7_signature(buf, *len, buf + *len, sig_len,
				      VERIFY_USE_SECONDARY_KEYRING,
				      VERIFYING_UNSPECIFIED_SIGNATURE,
				      NULL, NULL);
}
#else
static int domain_signature_verify(const void *buf, size_t *len)
{
	return -ENOPKG;
}
#endif

/**
 * domain_signature_check - may an image be loaded, as far as its signature goes?
 * @buf: the image file's bytes
 * @len: their number; without the signature afterwards
 * @is_signed: whether a good signature was found
 *
 * As for modules, an image without a signature, or with one by an unknown key
 * or an unknown algorithm, is taken unless the parameter domain.sig_enforce,
 * lockdown, or whatever forbids unsigned modules forbids; a bad signature never
 * is.
 *
 * Context: process context. May sleep.
 * Return: 0; -EKEYREJECTED if a signature is required or wrong; -EBADMSG if it
 * is malformed; -EPERM under lockdown; -ENOMEM.
 */
int domain_signature_check(const void *buf, size_t *len, bool *is_signed)
{
	static const char marker[] = DOMAIN_IMAGE_SIGNATURE_MARKER;
	const size_t marker_len = sizeof(marker) - 1;
	int ret;

	*is_signed = false;
	if (*len <= marker_len ||
	    memcmp(buf + *len - marker_len, marker, marker_len))
		return domain_unsigned("it has no signature");
	*len -= marker_len;
	ret = domain_signature_verify(buf, len);
	switch (ret) {
	case 0:
		*is_signed = true;
		return 0;
	case -ENOKEY:
		return domain_unsigned("it is signed with an unknown key");
	case -ENOPKG:
		return domain_unsigned("its signature is of an unsupported kind");
	default:
		pr_warn_ratelimited("domain: image refused: %s (%d)\n",
				    domain_bad_signature(ret), ret);
		return ret;
	}
}
